"""Where things stand on the judging page, by their boxes: wide screens and phones, long texts and titles."""

import os
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page

from accounts.models import User
from annotation.models import Study
from distillation.catalog.pictures.store import picture_store
from distillation.models import Intention, Product
from tests.browser.judging import at_item, at_reveal, keys, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]
SENTENCE = "The customer wants to stay warm and dry on grey autumn days without giving up their outfit"
DESKS = [(1280, 800), (1366, 768), (1920, 1080)]
PHONE = {"has_touch": True, "is_mobile": True, "viewport": {"width": 400, "height": 860}}
SHOTS = os.environ.get("SHOTS")  # a folder, to look at what is measured


def write(words: int, title: int, size: tuple[int, int] = (300, 400)) -> None:
    data = BytesIO()
    Image.new("RGB", size, "orange").save(data, "PNG")
    Intention.objects.update(text=" ".join((SENTENCE.split() * words)[:words]))
    name = "Northvale Women's Hooded Quilted Rain Jacket, Waterproof Shell with Taped Seams, "
    Product.objects.update(title=(name * 9)[:title], picture=picture_store(data.getvalue()))


@pytest.fixture
def judging(open_as: Opener, annotator: User, made: Study) -> Iterator[Callable[..., Page]]:
    def open_item(**options: object) -> Page:
        page = open_as(annotator, reverse("judge-page", args=[made.pk]), **options)
        keys(page, "Enter")
        at_item(page, 1)
        settled(page)
        page.wait_for_function("[...document.querySelectorAll('#task figure img')].every(image => image.complete)")
        return page

    yield open_item


def scrolls(page: Page) -> bool:
    return page.evaluate("""() => { const at = document.scrollingElement;
        return at.scrollHeight > innerHeight || at.scrollWidth > innerWidth }""")


def box(page: Page, selector: str) -> dict:
    found = page.locator(selector).first.bounding_box()
    assert found
    return found | {"end": found["x"] + found["width"], "foot": found["y"] + found["height"]}


def own_scroll(page: Page, selector: str) -> bool:
    return page.locator(selector).first.evaluate("it => it.scrollHeight > it.clientHeight + 1")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def drawn_height(page: Page) -> float:
    """Of the first picture, as `object-fit: contain` draws it."""
    return page.locator("#task figure img").first.evaluate("""it => { const style = getComputedStyle(it);
        const pad = 2 * parseFloat(style.paddingTop), wide = it.clientWidth - pad, high = it.clientHeight - pad;
        return Math.min(wide / it.naturalWidth, high / it.naturalHeight) * it.naturalHeight }""")


def test_nothing_scrolls_on_a_desk(judging: Callable[..., Page]) -> None:
    write(words=90, title=200)
    page = judging(viewport={"width": 1280, "height": 800})
    for width, height in DESKS:
        page.set_viewport_size({"width": width, "height": height})
        shot(page, f"desk-{width}")
        assert not scrolls(page)
        assert drawn_height(page) >= 450
        assert not own_scroll(page, "#task blockquote") and not own_scroll(page, "#task figcaption summary")
        pair, claim, save = (box(page, of) for of in ("#task .pair", "#task .claim", "#task .primary"))
        assert pair["end"] <= claim["x"] and save["foot"] <= height and claim["y"] < pair["y"] + 1


def test_save_stays_on_its_pixel_before_and_after(judging: Callable[..., Page]) -> None:
    write(words=90, title=200)
    page = judging(viewport={"width": 1280, "height": 800})
    before = [box(page, of)["y"] for of in ("#task .primary", "#task blockquote", "#task .pair")]
    keys(page, "1", "3", "Enter")
    at_reveal(page)
    settled(page)
    shot(page, "desk-revealed")
    assert [box(page, of)["y"] for of in ("#task .primary", "#task blockquote", "#task .pair")] == before
    assert not scrolls(page)


def test_only_the_box_of_a_very_long_text_scrolls(judging: Callable[..., Page]) -> None:
    write(words=400, title=500)
    page = judging(viewport={"width": 1366, "height": 768})
    shot(page, "desk-400-words")
    assert not scrolls(page) and box(page, "#task .primary")["foot"] <= 768
    assert own_scroll(page, "#task blockquote") and own_scroll(page, "#task figcaption summary")
    assert drawn_height(page) >= 450


def test_wide_pictures_stand_one_above_the_other(judging: Callable[..., Page]) -> None:
    write(words=30, title=200, size=(400, 200))
    page = judging(viewport={"width": 1280, "height": 800})
    shot(page, "desk-flat")
    first, second = (page.locator("#task figure").nth(at).bounding_box() for at in (0, 1))
    assert first["x"] == second["x"] and first["y"] + first["height"] <= second["y"]
    assert not scrolls(page)


def test_a_phone_shows_a_question_and_save_at_once(judging: Callable[..., Page]) -> None:
    write(words=90, title=200)
    page = judging(**PHONE)
    shot(page, "phone")
    assert page.evaluate("document.scrollingElement.scrollWidth") == 400
    for what in ("#task fieldset", "#task .primary", "#task figure img"):
        assert box(page, what)["foot"] <= 860
    assert box(page, "#task fieldset .seg")["width"] > 200
    title = box(page, "#task figcaption summary")["height"]
    page.locator("#task figcaption summary").first.tap()
    shot(page, "phone-title")
    assert box(page, "#task figcaption summary")["height"] > 3 * title
    page.locator("#task figure").nth(1).scroll_into_view_if_needed()
    shot(page, "phone-second")
    assert box(page, "#task figure:last-of-type")["end"] <= 400 and box(page, "#task .primary")["foot"] <= 860


def test_a_phone_keeps_save_at_the_foot_of_a_very_long_text(judging: Callable[..., Page]) -> None:
    write(words=400, title=500)
    page = judging(**PHONE)
    shot(page, "phone-400-words")
    assert box(page, "#task .primary")["foot"] <= 860
    page.evaluate("scrollTo(0, document.scrollingElement.scrollHeight)")
    shot(page, "phone-400-words-end")
    assert box(page, "#task blockquote")["foot"] <= box(page, "#task .foot")["y"]
