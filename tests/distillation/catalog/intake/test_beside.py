import os
import pickle
import signal
import subprocess
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest

from distillation.catalog.intake import beside
from distillation.catalog.intake.texts import product_text
from distillation.catalog.readers import objects
from distillation.catalog.readers.formats import FORMATS
from distillation.catalog.readers.records import START, CatalogError, CatalogFormat
from distillation.models import CoBuy, Product
from tests.distillation.catalog.files import imported, item_2018, write_json
from tests.killing import child

# Of about 1.2 MB, so of five chunks; every tenth line is left out.
ITEMS = [item_2018(f"B{n}", also_buy=[f"B{n // 2}"], title="t" * 200 if n % 10 else "") for n in range(2_000)]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen]:
    """The processes that are started; here one is for every file."""
    processes: list[subprocess.Popen] = []

    class Recorded(subprocess.Popen):
        def __init__(self, *words: object, **options: object) -> None:
            super().__init__(*words, **options)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    monkeypatch.setattr(beside, "LARGE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return processes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_json(tmp_path / "a.json", *ITEMS)


def reading(file: Path):
    return beside.rows_read(file, partial(FORMATS["amazon-2018"].read, file, fields=("a",)), START, product_text(0, ""))


def staged(file: Path) -> list[bytes]:
    with reading(file) as rows:
        return [one.data for one in rows]


@pytest.mark.django_db
def test_two_processes_import_the_same_as_one(file: Path, started: list, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list:
        return [
            asdict(imported(file)) | {"data_set": 0},
            *Product.objects.values("asin"),
            *CoBuy.objects.values("a__asin"),
        ]

    by_two = everything()
    CoBuy.objects.all().delete()
    Product.objects.all().delete()
    monkeypatch.setattr(beside, "LARGE", 10**9)
    assert by_two == everything()
    assert len(started) == 1


def test_all_of_the_file_is_read_by_the_other(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = staged(file)
    monkeypatch.setattr(objects, "lines_of", None)  # in this process
    assert staged(file) == expected
    assert len(b"".join(expected).splitlines()) == 1_800  # of 2,000 a tenth is left out


def test_where_the_other_is_killed_this_one_reads_on(tmp_path: Path, started: list) -> None:
    file = write_json(tmp_path / "a.json", *ITEMS * 5)  # several times what it may send ahead
    expected = b"".join(staged(file))
    with reading(file) as rows:
        data = next(rows).data
        started[1].kill()
        started[1].wait()
        assert data + b"".join(one.data for one in rows) == expected
    assert len(expected) > beside.AHEAD + len(data)


def test_what_refuses_is_told_as_by_one(tmp_path: Path, started: list, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_json(tmp_path / "a.json.gz", *ITEMS)
    file.write_bytes(file.read_bytes()[:-50])
    told = []
    for large in (0, 10**9):
        monkeypatch.setattr(beside, "LARGE", large)
        with pytest.raises(CatalogError) as caught:
            staged(file)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "ends in the middle of its compressed data, after line" in told[0]


def test_the_other_ends_with_the_one_that_started_it(file: Path, tmp_path: Path, started: list) -> None:
    def begin() -> None:
        with reading(write_json(tmp_path / "b.json", *ITEMS * 20)) as rows:
            next(rows)
            (tmp_path / "pid").write_text(str(started[0].pid))
            os.kill(os.getpid(), signal.SIGKILL)

    process = child(begin)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    status, deadline = Path("/proc", (tmp_path / "pid").read_text(), "status"), time.monotonic() + 30
    while status.exists() and "State:\tZ" not in status.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("form", [form for form in FORMATS.values() if not form.is_strict], ids=lambda form: form.name)
def test_another_process_can_be_told_how_to_read(form: CatalogFormat) -> None:
    pickle.dumps((form.read, product_text(1, "Books")))


@pytest.mark.django_db
def test_tables_are_read_by_one(tmp_path: Path, started: list) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\nB02,Cap\n")
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB01,B02\n")
    assert imported(tmp_path / "p.csv", form="csv", cobuys=tmp_path / "c.csv").cobuys_new == 1
    assert started == []
