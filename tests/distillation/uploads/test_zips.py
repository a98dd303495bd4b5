"""ZIPs of pictures: what is taken out of them, and what makes the whole of one be refused."""

import stat
import zipfile
from pathlib import Path
from zipfile import ZipInfo

import pytest

from distillation.catalog.readers.records import CatalogError
from distillation.uploads.zips import MOST_ENTRIES, pictures_listed, pictures_unpack
from tests.distillation.uploads.files import zipped


@pytest.fixture(autouse=True)
def root(settings, tmp_path: Path) -> Path:
    settings.UPLOADS_ROOT = tmp_path
    return tmp_path


def written(root: Path, data: bytes) -> Path:
    path = root / "p.zip"
    path.write_bytes(data)
    return path


def unpacked(root: Path, data: bytes) -> dict[str, bytes]:
    pictures_unpack(written(root, data), root / "unpacked")
    return {path.name: path.read_bytes() for path in (root / "unpacked").iterdir()}


def test_pictures_come_out_and_nothing_else(root: Path) -> None:
    data = zipped(("my/B1.jpg", b"1"), ("my/B2.PNG", b"2"), ("read.txt", b"x"), ("__MACOSX/my/._B1.jpg", b"x"))
    assert unpacked(root, data) == {"B1.jpg": b"1", "B2.PNG": b"2"}


def without_flag(name: str, encoding: str) -> bytes:
    """As programs write it that do not say how they encode: an ASCII name of the same length is put in its place."""
    raw = name.encode(encoding)
    return zipped(("x" * len(raw), b"1")).replace(b"x" * len(raw), raw)


@pytest.mark.parametrize(
    "data",
    [without_flag("caf\u00e9.jpg", "cp437"), without_flag("cafe\u0301.jpg", "utf-8"), zipped(("cafe\u0301.jpg", b"1"))],
    ids=["cp437", "NFD of a Mac, not said", "NFD, said"],
)
def test_names_are_composed_however_they_were_written(root: Path, data: bytes) -> None:
    assert unpacked(root, data) == {"caf\u00e9.jpg": b"1"}


def link() -> ZipInfo:
    entry = ZipInfo("B1.jpg")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


BOMB = zipped(("B1.jpg", bytes(1_000_000)))  # of zeros: about 1,000 times its own size
HOSTILE = {
    "leads up": (zipped(("../B1.jpg", b"1")), "leads out of it"),
    "leads up later": (zipped(("a/../../B1.jpg", b"1")), "leads out of it"),
    "absolute": (zipped(("/etc/B1.jpg", b"1")), "leads out of it"),
    "a drive": (zipped(("C:\\B1.jpg", b"1")), "leads out of it"),
    "backslashes": (zipped(("..\\B1.jpg", b"1")), "leads out of it"),
    "a NUL": (zipped(("B1.jpgx", b"1")).replace(b"B1.jpgx", b"B1\0.jpg"), "leads out of it"),
    "a link": (zipped((link(), b"/etc/passwd")), "is a link"),
    "a bomb": (BOMB, "unpacks to 1,000,000 bytes"),
    "twins": (zipped(("a/B1.jpg", b"1"), ("b/B1.jpg", b"2")), "two of its files are called B1.jpg"),
    "no picture": (zipped(("B1.exe", b"1")), "no picture is in it"),
    "no ZIP": (b"PK\x03\x04 and then something else", "not readable as ZIP"),
    "cut off": (zipped(("B1.jpg", b"1"))[:-30], "not readable as ZIP"),
    "damaged": (zipped(("B1.jpg", b"picture" * 9)).replace(b"+", b"-"), "not readable as ZIP"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_broken_or_hostile_is_refused_and_nothing_kept(root: Path, name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(CatalogError, match=rf"^p\.zip.*{words}"):
        unpacked(root, data)
    assert [path.name for path in root.iterdir()] == ["p.zip"]


def test_more_than_100_000_files_are_refused(root: Path) -> None:
    path = root / "p.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("B1.jpg", b"1")
        file.filelist.extend([file.filelist[0]] * MOST_ENTRIES)  # the same entry over and over in the directory
    with pytest.raises(CatalogError, match="100,001 files, more than 100,000"):
        pictures_listed(path)


def test_a_kill_in_the_middle_leaves_nothing_in_the_way(root: Path) -> None:
    (root / "unpacked.part").mkdir()
    (root / "unpacked.part" / "half.jpg").write_bytes(b"")
    assert unpacked(root, zipped(("B1.jpg", b"1"))) == {"B1.jpg": b"1"}
