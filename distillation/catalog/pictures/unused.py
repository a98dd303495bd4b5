"""Pictures that no product, address or run needs any more: their rows go, then their files."""

from collections.abc import Callable
from typing import TypeVar

from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction

from distillation.models import CatalogImport, Picture, PictureSource, Run

Found = TypeVar("Found")
PATIENCE_MS = 2_000
STATEMENTS = (
    # An address that nothing has its picture from; what becomes of it without a product is nobody's question.
    """DELETE FROM distillation_picturesource s
       WHERE NOT EXISTS (SELECT FROM distillation_product p WHERE p.picture_source_id = s.id)""",
    """DELETE FROM distillation_treatedpicture t
       WHERE NOT EXISTS (SELECT FROM distillation_product p WHERE p.picture_id = t.source_id)
       AND NOT EXISTS (SELECT FROM distillation_runproduct r WHERE r.shown_id = t.picture_id)""",
    """DELETE FROM distillation_picture k
       WHERE NOT EXISTS (SELECT FROM distillation_product p WHERE p.picture_id = k.id)
       AND NOT EXISTS (SELECT FROM distillation_picturesource s WHERE s.picture_id = k.id)
       AND NOT EXISTS (SELECT FROM distillation_runproduct r WHERE r.shown_id = k.id)
       AND NOT EXISTS (SELECT FROM distillation_treatedpicture t WHERE k.id IN (t.source_id, t.picture_id))
       RETURNING digest""",
)


def unused_pictures_delete() -> int:
    """How many went. None while something may write pictures: files come before their rows, so that one that has none
    now may be of an import that has just found it there. What stays goes at the next time."""
    if not (digests := _alone(_rows_delete)):
        return 0
    _alone(lambda: _files_delete(digests))
    return len(digests)


def _alone(do: Callable[[], Found]) -> Found | None:
    """While no import or run can begin; None where one is under way, or is just beginning."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
                cursor.execute("LOCK TABLE distillation_catalogimport, distillation_run IN SHARE ROW EXCLUSIVE MODE")
            return None if _is_busy() else do()
    except OperationalError:  # somebody holds the tables for longer
        return None


def _is_busy() -> bool:
    return (
        CatalogImport.objects.exclude(state__in=(CatalogImport.State.DONE, CatalogImport.State.REFUSED)).exists()
        or PictureSource.objects.filter(state=PictureSource.State.WANTED).exists()
        or Run.objects.filter(state=Run.State.RUNNING).exists()
    )


def _rows_delete() -> list[str]:
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement)
        return [digest for (digest,) in cursor.fetchall()]


def _files_delete(digests: list[str]) -> None:
    back = set(Picture.objects.filter(digest__in=digests).values_list("digest", flat=True))
    for digest in set(digests) - back:
        picture = Picture(digest=digest)
        default_storage.delete(picture.name)  # first what says that both are there
        default_storage.delete(picture.thumbnail_name)
