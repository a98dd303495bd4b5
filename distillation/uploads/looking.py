"""What the page shows of a catalog's files before they are imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distillation.catalog.intake.job import ImportRequest
from distillation.catalog.intake.preview import LINES, catalog_preview
from distillation.catalog.readers.csvfiles import CSV
from distillation.catalog.readers.formats import format_recognised
from distillation.catalog.readers.records import ProductRecord
from distillation.models import Upload
from distillation.uploads.columns import ColumnsForm, columns_form
from distillation.uploads.forms import FORMAT_WORDS, ImportForm
from distillation.uploads.importing import import_request
from distillation.uploads.zips import Pictures, pictures_listed

Part = Upload.Part
READ_AS = {
    Part.PRODUCTS: {
        "asin": "ASIN", "title": "title", "category": "category", "price": "price", "image": "picture: name, address"
    },
    Part.COBUYS: {"asin_a": "one product", "asin_b": "the other"},
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """What a valid form asks for, and the columns of its tables by part."""

    form: ImportForm
    tables: Mapping[str, ColumnsForm | None]

    @classmethod
    def of(cls, form: ImportForm, data: Mapping[str, Any]) -> "Chosen":
        tables: dict[str, ColumnsForm | None] = {
            part: columns_form(form.parts[part].path, read, data, part)
            for part, read in READ_AS.items()
            if part in form.parts
        }
        return cls(form, tables)

    def request(self) -> ImportRequest:
        """Raises CatalogError where the format of the products can't be told."""
        parts = self.form.parts
        chosen = self.form.chosen_format or format_recognised(parts[Part.PRODUCTS].path)
        names = {part: table.names for part, table in self.tables.items() if table}
        return import_request(
            parts, chosen, download=self.form.download,
            columns=names.get(Part.PRODUCTS, {}), cobuy_columns=names.get(Part.COBUYS, {}),
        )  # fmt: skip

    @property
    def asked(self) -> dict[str, Any]:
        """All that was chosen, for the next form."""
        kept = {name: value for table in self.tables.values() if table for name, value in table.kept.items()}
        return {name: self.form[name].value() or "" for name in self.form.fields} | kept


def looked_at(chosen: Chosen) -> dict[str, Any]:
    """Raises CatalogError for what the import would refuse."""
    request, zipped = chosen.request(), chosen.form.parts.get(Part.PICTURES)
    pictures = pictures_listed(zipped.path) if zipped else {}
    by_stem = {Path(name).stem: name for name in pictures}

    def picture(product: ProductRecord) -> str:
        return _picture(product, pictures, by_stem)

    preview = catalog_preview(request, lambda product: bool(picture(product)))
    return {
        "preview": preview,
        "rows": [(product, picture(product)) for product in preview.products],
        "format": FORMAT_WORDS[request.form.name].partition(":")[0],
        "is_table": request.form.name == CSV.name,
        "zip": zipped,
        "pictures": len(pictures),
        "lines": LINES,
    }


def _picture(product: ProductRecord, pictures: Pictures, by_stem: Mapping[str, str]) -> str:
    """As the import will find it; empty where there is none."""
    image = product.image
    if not pictures:
        return image
    if image and "://" not in image:
        return Path(image).name if Path(image).name in pictures else ""
    return by_stem.get(product.asin, "")
