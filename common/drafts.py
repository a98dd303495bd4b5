"""Files and folders are written under a temporary name and then renamed, so that they are complete or absent."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common.refusals import ExportRefused


@contextmanager
def file_draft(output: Path) -> Iterator[Path]:
    """An existing file is replaced at the end."""
    with _named(output):
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        os.close(handle)
        try:
            yield Path(name)
            os.chmod(name, 0o644)
            os.replace(name, output)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def folder_draft(output: Path) -> Iterator[Path]:
    """An existing folder may hold something else, so it is not replaced."""
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ExportRefused(f"{output} is there already; remove it, or give --output another folder")
    with _named(output):
        draft = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}."))
        try:
            yield draft
            draft.chmod(0o755)
            os.replace(draft, output)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


@contextmanager
def _named(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportRefused(
            f"{output} can't be written ({why}); give --output a place with room on its disk"
        ) from error


def pieces_write(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    with path.open("wb", buffering=1 << 20) as file:
        for piece in pieces:
            file.write(piece)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
