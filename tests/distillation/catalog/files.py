"""Small catalog files in the shapes of the formats, and their import."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.importing import catalog_import
from distillation.catalog.intake.job import ImportRequest
from distillation.catalog.readers.formats import FORMATS


def item_2018(asin: str, **values: object) -> dict:
    """All keys are always there; what is absent is empty."""
    return {
        "category": [], "tech1": "", "description": [], "fit": "", "title": f"Title of {asin}", "also_buy": [],
        "tech2": "", "brand": "", "feature": [], "rank": "", "also_view": [], "details": {}, "main_cat": "",
        "similar_item": "", "date": "", "price": "", "asin": asin, "imageURL": [], "imageURLHighRes": [], **values,
    }  # fmt: skip


def write_json(path: Path, *items: dict | bytes) -> Path:
    lines = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in items]
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def imported(
    *paths: Path, form: str = "amazon-2018", say: Callable[[str], None] = lambda line: None, **options: object
) -> CatalogAccount:
    return catalog_import(ImportRequest(paths=list(paths), form=FORMATS[form], **options), say)
