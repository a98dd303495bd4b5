"""Pictures for an import's products, from a folder."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.job import Job
from distillation.catalog.pictures.store import BadPicture, picture_write, refuse_size
from distillation.models import Picture

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")
# Pillow works outside Python's lock; each thread may hold one decoded picture of up to 400 MB.
THREADS = min(4, os.cpu_count() or 1)
PAGE = 500

NEXT_PAGE = "SELECT asin, image FROM catalog_staged_product WHERE asin > %s ORDER BY asin LIMIT %s"

# A picture not found says nothing against one that an earlier import has brought.
UPDATE = """
UPDATE distillation_product known
SET picture_id = COALESCE(page.picture_id, known.picture_id),
    picture_problem = CASE WHEN COALESCE(page.picture_id, known.picture_id) IS NULL THEN page.problem ELSE '' END
FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS page (asin, picture_id, problem)
WHERE known.asin = page.asin
  AND (page.picture_id <> known.picture_id OR known.picture_id IS NULL
       AND (page.picture_id IS NOT NULL OR page.problem <> known.picture_problem))
"""

WITHOUT_PICTURES = """
SELECT count(*)
FROM catalog_pair JOIN distillation_product a ON a.id = a_id JOIN distillation_product b ON b.id = b_id
WHERE a.picture_id IS NULL OR b.picture_id IS NULL
"""


# By the number of the file that a product's line is in.
FILES_WITHOUT_PICTURES = """
SELECT place >> 40 FROM catalog_staged_product JOIN distillation_product USING (asin)
GROUP BY 1 HAVING count(picture_id) = 0 ORDER BY 1
"""


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
        self.names = set(names)
        self.by_stem = {Path(name).stem: name for name in names}

    def find_all(self, wanted: list[tuple[str, str]]) -> Iterator[Found]:
        """For pairs of ASIN and file name, in their order; without a name the file is called as the ASIN."""
        with ThreadPoolExecutor(THREADS) as pool:
            yield from pool.map(lambda pair: self._find(*pair), wanted)

    def _find(self, asin: str, image: str) -> Found:
        name = self.by_stem.get(asin, asin) if not image or "://" in image else image
        if not (self.root / name).exists() and Path(name).name in self.names:  # a ZIP's folders are taken off
            name = Path(name).name
        try:
            return Found(asin, picture_write(self._read(name)))
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


def pictures_store(job: Job, root: Path, say: Callable[[str], None]) -> None:
    """Page by page in the order of the ASINs; each page is committed with how far it reaches."""
    folder, done = PictureFolder(root), job.account.pictures
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX IF NOT EXISTS catalog_staged_asin ON catalog_staged_product (asin)")
        while wanted := _page(cursor, job):
            found = list(folder.find_all(wanted))
            with transaction.atomic():
                _page_write(cursor, found, job)
            done += len(wanted)
            say(f"pictures: {done:,} of {job.account.products:,} products")
        cursor.execute(WITHOUT_PICTURES)
        job.account.cobuys_without_pictures = cursor.fetchone()[0]
        cursor.execute(FILES_WITHOUT_PICTURES)
        job.account.files_without_pictures = [job.request.files[file].name for (file,) in cursor.fetchall()]


def _page(cursor: CursorWrapper, job: Job) -> list[tuple[str, str]]:
    cursor.execute(NEXT_PAGE, [job.row.progress.get("pictured", ""), PAGE])
    return cursor.fetchall()


def _page_write(cursor: CursorWrapper, found: list[Found], job: Job) -> None:
    account = job.account
    pictures = {one.picture.digest: one.picture for one in found if one.picture}
    known = set(Picture.objects.filter(digest__in=pictures).values_list("digest", flat=True))
    Picture.objects.bulk_create(
        [picture for digest, picture in pictures.items() if digest not in known], ignore_conflicts=True
    )
    ids = dict(Picture.objects.filter(digest__in=pictures).values_list("digest", "id"))
    page = [(one.asin, one.picture and ids[one.picture.digest], one.problem) for one in found]
    cursor.execute(UPDATE, [list(column) for column in zip(*page, strict=True)])
    account.pictures_stored += len(pictures) - len(known)
    account.pictures_already_stored += sum(one.picture is not None for one in found) - len(pictures) + len(known)
    for one in found:
        if one.is_missing:
            account.pictures_missing += 1
        elif one.problem:
            account.add_bad_picture(one.problem)
    job.row.progress["pictured"] = found[-1].asin
    job.save()
