from hashlib import sha256
from io import BytesIO

from PIL import Image as pil

from distillation.pipeline.canvas import GAP, side_by_side
from distillation.pipeline.options import Options
from distillation.pipeline.records import Image, PairRecord, ProductRecord
from distillation.pipeline.render import describe_request, intend_request

RED, BLUE = (200, 20, 20), (20, 20, 200)


def picture(width: int, height: int, colour: tuple[int, int, int]) -> Image:
    stored = BytesIO()
    pil.new("RGB", (width, height), colour).save(stored, "JPEG", quality=95)
    return Image(sha256(stored.getvalue()).hexdigest(), stored.getvalue())


def near(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(abs(x - y) < 12 for x, y in zip(a, b, strict=True))


A, B = picture(100, 200, RED), picture(50, 100, BLUE)


def test_both_stand_at_one_height_the_first_on_the_left():
    canvas = pil.open(BytesIO(side_by_side(A, B).jpeg))
    assert canvas.size == (100 + GAP + 100, 200)  # B is doubled
    assert near(canvas.getpixel((50, 100)), RED)
    assert near(canvas.getpixel((100 + GAP + 50, 100)), BLUE)


def test_a_request_then_carries_one_picture_and_says_so():
    pair = PairRecord(ProductRecord("A", "a", picture=A), ProductRecord("B", "b", picture=B))
    request = intend_request(pair, "usedFor", Options(side_by_side=True), sample=0)
    images = [part for part in request.parts if isinstance(part, Image)]
    assert len(images) == 1
    assert "product A on the left and product B on the right" in request.parts[1].text
    assert describe_request(pair.a, Options(side_by_side=True)).parts[0] == A
