"""Chromium: from the key press to the next item painted, its pictures included, and what pages send at first, on the
shipped sample.

  python -m benchmarks.judging.browser [--items 100] [--chromium /usr/bin/chromium]

Works in a database and a folder of its own, which it makes and drops; traffic stays on 127.0.0.1.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.bars import at_most, show
from benchmarks.judging.weights import weigh
from benchmarks.own_services import percentile

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "distillation" / "sample"
PORT = 18_947
BAR_MS = 50
LOOKING_MS = 600  # what a quick annotator takes to read the verdict; the pictures ahead come in meanwhile
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

# Painted is: swapped in, all pictures decoded, and two frames later.
MEASURE = """() => {
  window.times = [];
  let pressed = 0, answer;
  addEventListener("keydown", (event) => { if (event.key === "Enter") pressed = event.timeStamp; }, true);
  addEventListener("htmx:afterSwap", async (event) => {
    if (event.detail.target.id !== "task" || event.detail.xhr === answer) return;
    answer = event.detail.xhr;  // told once for each element that came with it
    const kind = document.querySelector("#task .reveal") ? "reveal" : "item";
    await Promise.all([...document.querySelectorAll("#task figure img")].map((image) => image.decode()));
    requestAnimationFrame(() => requestAnimationFrame(() => times.push([kind, performance.now() - pressed])));
  });
}"""


def manage(*words: str, **options: object) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"manage.py {' '.join(words)} ended with {done.returncode}")
    return done.stdout


def sample_study(items: int) -> str:
    """The path of a new study's page; its annotator is anna."""
    manage(
        "import_catalog", str(SAMPLE / "products.csv"), "--format", "csv", "--json",
        "--cobuys", str(SAMPLE / "cobuys.csv"), "--images", str(SAMPLE / "img"),
    )  # fmt: skip
    manage("distill", "--run", "bench", "--backend", "baseline", "--wait", "--json")
    manage("create_study", "bench", "--run", "bench", "--items", str(items))
    script = """
from accounts.models import User
from accounts.services import user_create
from annotation.models import Study
user_create(username="anna", password="correct-horse", role=User.Role.ANNOTATOR)
user_create(username="rosa", password="correct-horse", role=User.Role.RESEARCHER)
print("study", Study.objects.get().pk)
"""
    number = manage("shell", "--no-imports", "-c", script).split()[-1]
    return f"/judge/{number}/"


@contextmanager
def server() -> Iterator[str]:
    url = f"http://127.0.0.1:{PORT}"
    command = [sys.executable, "manage.py", "serve", "--port", str(PORT)]
    serving = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/accounts/login/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        serving.terminate()
        serving.wait()


def sign_in(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}{path}?start")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", "correct-horse")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#task .questions")
    page.wait_for_load_state("networkidle")


def judge(page: Page, items: int) -> list[tuple[str, float]]:
    page.evaluate(MEASURE)
    for place in range(items):
        for key in ("1", "3", "Enter"):
            page.keyboard.press(key)
        page.wait_for_function("n => times.length >= n", arg=2 * place + 1)
        page.wait_for_timeout(LOOKING_MS)
        for key in ("1", "Enter"):
            page.keyboard.press(key)
        page.wait_for_function("n => times.length >= n", arg=2 * place + 2)
    return page.evaluate("times")


def report(times: list[tuple[str, float]]) -> dict:
    figures = {}
    for kind, words in (("item", "next item"), ("reveal", "verdict")):
        spent = [ms for each, ms in times if each == kind]
        p50, p95 = percentile(spent, 0.5), percentile(spent, 0.95)
        figures[kind] = {"n": len(spent), "p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}
        show(at_most(f"key press to {words} painted, p95", p95, BAR_MS, "ms"), f"{len(spent)} times, p50 {p50:.0f} ms")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", "chromium"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (chromium := shutil.which(options.chromium)):
        sys.exit(f"Skipped: there is no {options.chromium} here; name one with --chromium")
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        os.environ.update(MINDSITE_VAR=f"{folder}/var", LOG_LEVEL="WARNING")
        path = sample_study(options.items + 1)
        with server() as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            sign_in(page, url, path)
            figures = report(judge(page, options.items))
            weigh(browser, url, path.replace("/judge/", "/studies/"))
            browser.close()
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
