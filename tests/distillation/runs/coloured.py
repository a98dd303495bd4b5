"""Products whose pictures differ by colour, and runs that treat them."""

from io import BytesIO

from PIL import Image

from distillation.catalog.pictures.store import picture_store
from distillation.models import CoBuy, Picture, Product, Run
from distillation.runs.services import RunSettings, run_start


def picture(*colour: int) -> Picture:
    image, out = Image.new("RGB", (64, 64), "white"), BytesIO()
    image.paste(colour, (16, 16, 48, 48))
    image.save(out, "PNG")
    return picture_store(out.getvalue())


def catalog() -> list[CoBuy]:
    """Two co-buys: of two coloured products, and of a coloured and a grey one."""
    colours = [(200, 30, 30), (30, 30, 200), (30, 200, 30), (128, 128, 128)]
    products = [
        Product.objects.create(asin=f"B{n:09d}", title=f"Product {n}", picture=picture(*colour))
        for n, colour in enumerate(colours)
    ]
    return [CoBuy.objects.create(a=a, b=b) for a, b in (products[:2], products[2:])]


def run(pictures: str, **more) -> Run:
    asked = RunSettings.checked(relations="usedFor,isA", limit=None, pictures=pictures, **more)
    return run_start(name=f"r-{pictures}", backend="baseline", model="rules-1", base_urls=[], settings=asked)[0]
