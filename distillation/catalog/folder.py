"""Pictures for an import's products, from a folder."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from distillation.catalog.pictures import BadPicture, picture_write, refuse_size
from distillation.models import Picture

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")
# Pillow works outside Python's lock; each thread may hold one decoded picture of up to 400 MB.
THREADS = min(4, os.cpu_count() or 1)


class MissingPicture(BadPicture):
    pass


class Found(NamedTuple):
    """What the folder has for a product: a picture whose files are written, or why there is none."""

    asin: str
    picture: Picture | None
    problem: str = ""
    is_missing: bool = False


class PictureFolder:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        names = sorted(name for name in os.listdir(self.root) if name.lower().endswith(EXTENSIONS))
        self.by_stem = {Path(name).stem: name for name in names}

    def find_all(self, wanted: list[tuple[str, str]]) -> Iterator[Found]:
        """For pairs of ASIN and file name, in their order; without a name the file is called as the ASIN."""
        with ThreadPoolExecutor(THREADS) as pool:
            yield from pool.map(lambda pair: self._find(*pair), wanted)

    def _find(self, asin: str, image: str) -> Found:
        try:
            return Found(asin, picture_write(self._read(image or self.by_stem.get(asin, asin))))
        except BadPicture as error:
            return Found(asin, None, error.reason[:300], isinstance(error, MissingPicture))

    def _read(self, name: str) -> bytes:
        try:
            path = (self.root / name).resolve()
            if not path.is_relative_to(self.root):
                raise BadPicture("its path leads out of the picture folder")
            if not path.is_file():
                raise MissingPicture(f"no file {name} in the picture folder")
            refuse_size(path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise BadPicture(f"not readable ({error.strerror})") from error
