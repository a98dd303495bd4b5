"""A folder of backups: a folder for each, and the pictures of all of them once.

PATH/pictures/…           as in the store; their names are digests, so none is copied twice
PATH/2026-11-29T09-30-00Z/database.dump, pictures.jsonl, manifest.json (last: without it a backup is unfinished)

Sealed ones have the key's id behind the names of dump and pictures.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import Seal, sealed_size
from mindsite.backup.tables import Digests

MANIFEST, DUMP, PICTURES = "manifest.json", "database.dump", "pictures.jsonl"
FORMAT = 1
CHUNK = 1024 * 1024


@dataclass
class Manifest:
    at: str
    version: str
    migrations: list[str]
    tables: Digests
    dump_sha256: str
    pictures: int
    picture_bytes: int
    format: int = FORMAT
    more: dict = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The id of what it is sealed with; empty: it is not."""
        return self.more.get("key", "")

    def write(self, folder: Path) -> None:
        draft = folder / f"{MANIFEST}.part"
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(folder / MANIFEST)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            said = json.loads((folder / MANIFEST).read_text())
            if said["format"] != FORMAT:
                raise BackupRefused(f"{folder} is of format {said['format']}; this version reads {FORMAT}")
            return cls(**said)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackupRefused(f"{folder} is no finished backup: its {MANIFEST} can't be read ({error})") from error


@dataclass(frozen=True)
class File:
    """One of the store's: `name` there, and what it is."""

    name: str
    size: int
    sha256: str

    def lies_whole_in(self, place: Path, seal: Seal | None) -> bool:
        path = stored(place / self.name, seal.id if seal else "")
        return path.exists() and path.stat().st_size == (sealed_size(self.size) if seal else self.size)


def stored(path: Path, key: str) -> Path:
    """`key`: the id of what it is sealed with, or empty."""
    return path.with_name(f"{path.name}.{key}") if key else path


def seal_of(folder: Path, seal: Seal | None) -> Seal | None:
    """What that backup is read with. Refuses where it is sealed with what is not there."""
    key = Manifest.read(folder).key
    if not key:
        return None
    if seal is None or seal.id != key:
        raise BackupRefused(f"{folder} is sealed with the key {key}: name the file that has it by --key")
    return seal


def content(path: Path, seal: Seal | None) -> Iterator[bytes]:
    """What was backed up, in pieces."""
    if seal:
        yield from seal.read(stored(path, seal.id))
        return
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def write(path: Path, pieces: Iterable[bytes], seal: Seal | None) -> None:
    if seal:
        seal.write(path, pieces)
        return
    with path.open("wb") as file:
        file.writelines(pieces)


def backups(place: Path) -> list[Path]:
    """Finished ones, oldest first."""
    return sorted(path.parent for path in place.glob(f"*/{MANIFEST}"))


def chosen(path: Path) -> Path:
    """The folder of one backup: `path`, or the newest in it."""
    if (path / MANIFEST).exists():
        return path
    if found := backups(path):
        return found[-1]
    raise BackupRefused(f"There is no finished backup at {path}; give the folder that `backup` was given, or one in it")


def files_write(folder: Path, files: Iterable[File]) -> None:
    with (folder / PICTURES).open("w") as lines:
        lines.writelines(json.dumps(asdict(each)) + "\n" for each in files)


def files_read(folder: Path) -> Iterator[File]:
    with (folder / PICTURES).open() as lines:
        for line in lines:
            yield File(**json.loads(line))


def known_files(place: Path) -> dict[str, File]:
    """Of the newest backup: what lies there already."""
    found = backups(place)
    return {each.name: each for each in files_read(found[-1])} if found else {}


def digest_of(path: Path, seal: Seal | None = None) -> str:
    """Of what was backed up."""
    made = hashlib.sha256()
    for piece in content(path, seal):
        made.update(piece)
    return made.hexdigest()


def prune(place: Path, keep: int) -> int:
    """Only the newest `keep` stay, and the pictures that these name. Returns how many backups went."""
    old = backups(place)[:-keep]
    for folder in old:
        (folder / MANIFEST).unlink()  # from here on it is unfinished
        shutil.rmtree(folder)
    if old:
        named = {
            os.fspath(stored(Path(each.name), Manifest.read(folder).key))
            for folder in backups(place)
            for each in files_read(folder)
        }
        for path in (place / "pictures").rglob("*"):
            if path.is_file() and os.fspath(path.relative_to(place)) not in named:
                path.unlink()
    return len(old)
