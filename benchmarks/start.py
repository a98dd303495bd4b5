"""What a start takes: loading settings and addresses, `make run` to the first page, `make demo` again, and the memory
of all processes at rest.

  python -m benchmarks.start [--demo]      with the demo, whose first time takes a minute or two
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from benchmarks.bars import at_most, show

PORT, ROUNDS, REST_S, PATIENCE_S = 8790, 3, 8, 300
BAR_LOAD, BAR_PAGE, BAR_DEMO, BAR_MB = 1.5, 4, 5, 700
# As the web server's processes do (mindsite.rsgi), which look for no garbage meanwhile.
LOAD = """
import gc; gc.disable()
import time; begun = time.process_time()
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "mindsite.settings"
from django.conf import settings; settings.DEBUG; read = time.process_time()
import django; django.setup()
from django.urls import get_resolver; get_resolver().url_patterns
print(read - begun, time.process_time() - begun)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        environment = {**os.environ, "MINDSITE_VAR": folder, "DJANGO_SETTINGS_MODULE": "mindsite.settings"}
        loading(environment)
        serving(environment, folder)
        if options.demo:
            demo(environment)


def loading(environment: dict[str, str]) -> None:
    """Processor time: what else the machine does matters less."""
    command, times = [sys.executable, "-c", LOAD], []
    for _ in range(ROUNDS):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        times.append([float(each) for each in done.stdout.split()])
    read, whole = (median(each) for each in zip(*times, strict=True))
    show(at_most("settings and all addresses loaded, CPU", whole, BAR_LOAD, "s"), f"settings alone {read:.2f} s")


def serving(environment: dict[str, str], folder: str) -> None:
    """The first start makes the database, and is not counted."""
    times, pss = [], 0.0
    for number in range(ROUNDS + 1):
        begun = time.perf_counter()
        with site(environment):
            first_page()
            times += [time.perf_counter() - begun] if number else []
            if number == ROUNDS:
                time.sleep(REST_S)
                pss = told(folder)
    show(at_most(f"`make run` to the first page, median of {ROUNDS}", median(times), BAR_PAGE, "s"))
    show(at_most("memory of all processes at rest, PSS", pss, BAR_MB, "MB"))


def demo(environment: dict[str, str]) -> None:
    command, seconds = [sys.executable, "manage.py", "demo", "--once", "--port", str(PORT)], 0.0
    for _ in range(2):
        begun = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begun
    show(at_most("`make demo ONCE=1` the second time", seconds, BAR_DEMO, "s"))


@contextmanager
def site(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "manage.py", "serve", "--port", str(PORT)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()  # SIGINT is ignored by what a shell started in the background
        process.wait(60)


def first_page() -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/accounts/login/", timeout=PATIENCE_S).close()
            return
        time.sleep(0.02)
    sys.exit("The web server does not answer")


def told(folder: str) -> float:
    """All that belong to the site: with their `var` in their words or their environment, or started by one of those."""
    found: dict[int, str] = {}
    parents = {int(path.name): parent for path in Path("/proc").glob("[0-9]*") if (parent := parent_of(path))}
    for pid in sorted(parents):
        if pid != os.getpid() and belongs(Path(f"/proc/{pid}"), folder):
            found[pid] = words_of(Path(f"/proc/{pid}"))
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= {pid: words_of(Path(f"/proc/{pid}")) for pid in more}
    sizes = {pid: pss_of(Path(f"/proc/{pid}")) for pid in found}
    for pid in sorted(sizes, key=lambda pid: -sizes[pid])[:10]:
        print(f"    {sizes[pid]:6.1f} MB  {found[pid][:90]}")
    return sum(sizes.values())


def belongs(process: Path, folder: str) -> bool:
    with suppress(OSError):
        return any(folder.encode() in (process / name).read_bytes() for name in ("cmdline", "environ"))
    return False


def parent_of(process: Path) -> int:
    with suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def words_of(process: Path) -> str:
    with suppress(OSError):
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def pss_of(process: Path) -> float:
    """MB; 0 of one that has ended or is somebody else's."""
    with suppress(OSError, TypeError):
        return int(re.search(r"^Pss:\s+(\d+)", (process / "smaps_rollup").read_text(), re.M)[1]) / 1024  # type: ignore[index]
    return 0.0


if __name__ == "__main__":
    main()
