"""A ZIP of pictures, looked through before a byte of it is unpacked: what is broken or hostile is refused whole."""

import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from distillation.catalog.pictures.folder import EXTENSIONS
from distillation.catalog.readers.records import CatalogError

MOST_ENTRIES = 100_000
MOST_RATIO = 100  # times the ZIP's own size; pictures are packed already, and unpack to little more
LONGEST_DIRECTORY = 64_000_000  # bytes, some hundred an entry; the library reads it whole
UTF8, ENCRYPTED = 0x800, 0x1  # bits of an entry's flags
RESOURCE_FORKS = "__MACOSX"

Pictures = dict[str, zipfile.ZipInfo]


def pictures_listed(path: Path) -> Pictures:
    """By file name, in Unicode's composed form; other files are passed over. Raises CatalogError."""
    with _opened(path) as file:
        return _pictures(path.name, file.infolist(), path.stat().st_size)


def picture_of(path: Path, name: str) -> bytes:
    """One of those listed. Raises CatalogError."""
    with _opened(path) as file:
        entry = _pictures(path.name, file.infolist(), path.stat().st_size).get(name)
        if entry is None or entry.file_size > settings.FETCH_MAX_BYTES:
            raise CatalogError(f"{path.name}: no picture {ascii(name)[:60]} to be shown")
        return file.read(entry)


def pictures_unpack(path: Path, folder: Path) -> None:
    """All of them into a new folder, or none. Raises CatalogError."""
    if folder.is_dir():
        return  # by a worker that was killed after it
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        with _opened(path) as file:
            for name, entry in _pictures(path.name, file.infolist(), path.stat().st_size).items():
                with file.open(entry) as packed, (draft / name).open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)  # never more than the entry says of itself
    except CatalogError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    draft.rename(folder)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        _refuse_long_directory(path)
        with zipfile.ZipFile(path) as file:
            yield file
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise CatalogError(f"{path.name}: not readable as ZIP ({error}); pack the pictures again") from error
    except OSError as error:
        raise CatalogError(f"{path.name}: {error.strerror}; try again when that is mended") from error


def _refuse_long_directory(path: Path) -> None:
    with path.open("rb") as file:
        # Private, but what the library itself is about to read by; of ZIP64, too.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > LONGEST_DIRECTORY:  # type: ignore[attr-defined]
        raise CatalogError(f"{path.name}: more than {MOST_ENTRIES:,} files; make several imports of it")


def _pictures(name: str, entries: list[zipfile.ZipInfo], packed: int) -> Pictures:
    if len(entries) > MOST_ENTRIES:
        raise CatalogError(f"{name}: {len(entries):,} files, more than {MOST_ENTRIES:,}; make several imports of it")
    _refuse_bomb(name, sum(entry.file_size for entry in entries), packed)
    found: Pictures = {}
    for entry in entries:
        *folders, last = _parts(name, entry)
        if entry.is_dir() or RESOURCE_FORKS in folders or not last.lower().endswith(EXTENSIONS) or last[0] == ".":
            continue
        if last in found:
            raise CatalogError(f"{name}: two of its files are called {last}; rename one")
        found[last] = entry
    if not found:
        raise CatalogError(f"{name}: no picture is in it ({', '.join(EXTENSIONS)}); pack the pictures again")
    return found


def _refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    most, by_size = settings.UPLOAD_UNPACKED_BYTES, MOST_RATIO * packed
    if unpacked > min(most, by_size):
        why = f", {MOST_RATIO} times its own size" if by_size < most else ""
        raise CatalogError(f"{name} unpacks to {unpacked:,} bytes; allowed are {min(most, by_size):,}{why}")
    room = shutil.disk_usage(settings.UPLOADS_ROOT).free
    if unpacked > room:
        raise CatalogError(f"{name} unpacks to {unpacked:,} bytes, and the server's disk has {room:,} left")


def _parts(name: str, entry: zipfile.ZipInfo) -> list[str]:
    """Its path; one that leads elsewhere, or is a link, makes the whole file suspect."""
    raw = _decoded(entry)
    parts = raw.replace("\\", "/").rstrip("/").split("/")
    if raw.startswith(("/", "\\")) or raw[1:2] == ":" or ".." in parts or "" in parts or not raw.isprintable():
        raise CatalogError(f"{name}: the path {ascii(raw)[:100]} leads out of it; pack the pictures again")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise CatalogError(f"{name}: {ascii(raw)[:100]} is a link; pack the pictures themselves")
    if entry.flag_bits & ENCRYPTED:
        raise CatalogError(f"{name}: {ascii(raw)[:100]} is encrypted; pack the pictures without a password")
    if len(parts[-1].encode()) > 255:
        raise CatalogError(f"{name}: the name {ascii(parts[-1])[:60]}… is too long; shorten it")
    return parts


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Macs write UTF-8 and do not say so: what the library then takes for code page 437 is seldom valid UTF-8."""
    raw = entry.orig_filename
    if not entry.flag_bits & UTF8:
        with suppress(UnicodeError):
            raw = raw.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", raw)
