"""Five co-buys of the sample catalog and a sixth with a broken picture, and requests about two products of it."""

from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command

from distillation.lvlm.base import Image, Judge, Request, Text
from distillation.models import CoBuy, Product
from distillation.pipeline.records import PairRecord, ProductRecord

SAMPLE = settings.BASE_DIR / "distillation" / "sample"
COBUYS, BROKEN = 5, "B0DEMO0004"
SUBJECT = Judge(PairRecord(ProductRecord("A", "a"), ProductRecord("B", "b")), "usedFor", "They fit.")


def catalog() -> None:
    call_command(
        "import_catalog", SAMPLE / "products.csv", "--format", "csv",
        "--cobuys", SAMPLE / "cobuys.csv", "--images", SAMPLE / "img", stdout=StringIO(),
    )  # fmt: skip
    whole = CoBuy.objects.exclude(a__asin=BROKEN).exclude(b__asin=BROKEN).order_by("pk")
    CoBuy.objects.exclude(pk__in=whole.values("pk")[:COBUYS]).delete()
    broken = Product.objects.get(asin=BROKEN)
    cut_short(Path(default_storage.path(broken.picture.name)))
    CoBuy.objects.create(a=Product.objects.get(asin="B0DEMO0001"), b=broken)


def cut_short(picture: Path) -> None:
    picture.write_bytes(picture.read_bytes()[:2_000])


def picture(name: str) -> Image:
    return Image(name, (SAMPLE / "img" / f"{name}.jpg").read_bytes())


def request(words: str, *pictures: Image, **more) -> Request:
    return Request(SUBJECT, "You help.", (*pictures, Text(words)), more.pop("max_tokens", 64), 0.2, **more)
