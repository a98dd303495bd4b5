import asyncio
import io

import pytest
from PIL import Image as Picture

from distillation.lvlm import make_backend
from distillation.lvlm.base import Ask, Failure, Image, Request, WrongModel
from distillation.lvlm.baseline.english import a, listed, plural
from distillation.lvlm.baseline.pixels import look_at
from distillation.lvlm.baseline.titles import read_title
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord
from distillation.pipeline.relations import RELATIONS
from distillation.pipeline.steps import describe, intend, judge

OPTIONS = Options()
CABLE = ProductRecord("A1", "Acme USB Extension Cable, USB Type-A Female and Male (6 Feet)")
CHARGER = ProductRecord("A2", "Acme Wall Charger for Phones with 2 USB Ports, Black")
EARRINGS = ProductRecord("A3", "Sterling Silver Heart Drop Earrings for Women")
NAMELESS = ProductRecord("A4", "Quux Frobnicator 3000")


def jpeg(colour: tuple[int, int, int], size: tuple[int, int] = (200, 100)) -> Image:
    picture = Picture.new("RGB", (300, 300), "white")
    picture.paste(colour, (50, 100, 50 + size[0], 100 + size[1]))
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return Image("-".join(map(str, (*colour, *size))), stream.getvalue())


@pytest.mark.parametrize(
    ("phrase", "with_article"),
    [("USB cable", "a USB cable"), ("HDMI cable", "an HDMI cable"), ("LED lamp", "an LED lamp"), ("hour", "an hour"),
     ("ear cuff", "an ear cuff"), ("TV", "a TV"), ("NASA shirt", "a NASA shirt"), ("unisex hat", "a unisex hat")],
)  # fmt: skip
def test_articles_follow_the_sound(phrase: str, with_article: str):
    assert a(phrase) == with_article


def test_plurals_and_lists():
    assert [plural(noun) for noun in ("watch", "battery", "key", "dress", "box")] == [
        "watches", "batteries", "keys", "dresses", "boxes",
    ]  # fmt: skip
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("title", "label"),
    [
        (CABLE.title, "Acme USB extension cable"),
        ("Invicta Women&#39;s 8941 Pro Diver Collection Two-Tone Watch", "collection two-tone watch"),
        ("Replacement Battery Compatible With Apple iPod Video", "replacement battery"),
        (NAMELESS.title, "“Quux Frobnicator 3000”"),
        ("", "“”"),
    ],
)
def test_the_label_is_the_head_of_the_title(title: str, label: str):
    assert read_title(title).label == label


def test_audiences_belong_to_what_is_worn():
    assert (read_title(EARRINGS.title).audience, read_title(CABLE.title).audience) == ("women", "")


def test_colour_and_shape_come_from_the_pixels():
    look = look_at(jpeg((220, 20, 20)).jpeg)
    assert (look.colours, look.shape) == (("red",), "wide")  # 200 : 100 = 2
    assert abs(look.fill - 200 * 100 / 300**2) < 0.03


def test_a_description_speaks_of_title_and_picture():
    product = ProductRecord("A3", EARRINGS.title, picture=jpeg((20, 20, 200)))
    told = asyncio.run(describe(make_backend("baseline"), product, OPTIONS)).value
    assert told.startswith("These are silver heart drop earrings for women.")
    assert "mostly blue" in told


def test_a_broken_picture_is_a_failure_of_its_item():
    product = ProductRecord("A1", "Lamp", picture=Image("x", b"\xff\xd8 no picture"))
    outcome = asyncio.run(describe(make_backend("baseline"), product, OPTIONS))
    assert isinstance(outcome.failure, Failure)
    assert outcome.failure.reason == "bad_picture"


@pytest.mark.parametrize("pair", [(CABLE, CHARGER), (CABLE, EARRINGS), (EARRINGS, EARRINGS), (NAMELESS, NAMELESS)])
def test_intentions_differ_by_relation_and_repeat_exactly(pair: tuple[ProductRecord, ProductRecord]):
    async def told() -> list[str | None]:
        backend = make_backend("baseline")
        return [(await intend(backend, PairRecord(*pair), relation, OPTIONS)).value for relation in RELATIONS]

    first = asyncio.run(told())
    assert len(set(first)) == 20
    assert all(text and text[-1] == "." and "  " not in text for text in first)
    assert first == asyncio.run(told())


def test_a_verdict_is_a_yes_or_no_with_its_probability():
    pair = PairRecord(CABLE, EARRINGS)
    outcome = asyncio.run(judge(make_backend("baseline"), pair, "usedFor", "They are both handy.", OPTIONS))
    assert outcome.value.yes is False
    assert 0.05 <= outcome.value.p_yes < 0.5
    assert outcome.value.reason.startswith("Because ")


def test_another_model_is_refused():
    with pytest.raises(WrongModel, match="rules-1"):
        asyncio.run(make_backend("baseline", model="llava").check())


def test_a_question_of_choice_is_answered_by_shared_words():
    asked = Ask("Who buys a red hat and warm gloves?", (("A", "for a trip"), ("B", "because both are warm"), ("C", "")))
    request = Request(asked, "", (), max_tokens=10, temperature=0)
    assert asyncio.run(make_backend("baseline").reply(request)).text == "B"
