"""What the page shows of uploads before they are imported."""

from pathlib import Path
from typing import Any

from distillation.catalog.intake.preview import LINES, catalog_preview
from distillation.catalog.readers.csvfiles import CSV, PRODUCT_COLUMNS_READ, columns_not_read
from distillation.catalog.readers.formats import format_recognised
from distillation.models import Upload
from distillation.uploads.forms import FORMAT_WORDS, ImportForm
from distillation.uploads.importing import import_request
from distillation.uploads.zips import Pictures, pictures_listed


def looked_at(form: ImportForm) -> dict[str, Any]:
    """Raises CatalogError for what the import would refuse."""
    parts = form.parts
    products, zipped = parts[Upload.Part.PRODUCTS].path, parts.get(Upload.Part.PICTURES)
    chosen = form.chosen_format or format_recognised(products)
    preview = catalog_preview(import_request(parts, chosen, download=form.download))
    pictures = pictures_listed(zipped.path) if zipped else {}
    return {
        "preview": preview,
        "rows": [(product, _picture(product.asin, product.image, pictures)) for product in preview.products],
        "format": FORMAT_WORDS[chosen.name].partition(":")[0],
        "not_read": columns_not_read(products, PRODUCT_COLUMNS_READ) if chosen is CSV else [],
        "pictures": len(pictures),
        "uploads": [upload for part in Upload.Part.values if (upload := parts.get(part))],
        "asked": {name: form[name].value() or "" for name in form.fields},
        "lines": LINES,
    }


def _picture(asin: str, image: str, pictures: Pictures) -> str:
    """As the import will find it; empty where there is none."""
    if not pictures:
        return image
    if image and "://" not in image:
        return Path(image).name if Path(image).name in pictures else ""
    return next((name for name in pictures if Path(name).stem == asin), "")
