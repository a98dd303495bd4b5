"""The choice of treatments on the form of a run."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from distillation.models import Picture, Product, TreatedPicture
from distillation.runs.pages.treatments import treatments_shown
from tests.distillation.runs.coloured import catalog, picture

pytestmark = pytest.mark.django_db


def example(client: Client, of: Picture, treatment: str):
    return client.get(reverse("treated-example", args=[of.digest, treatment]))


def test_without_pictures_none_is_shown() -> None:
    assert {shown.pictures for shown in treatments_shown().values()} == {()}


def test_the_newest_cobuy_is_shown_under_each_treatment() -> None:
    catalog()
    shown, own = treatments_shown(), Product.objects.get(asin="B000000002").picture
    assert own.digest in shown["as-is"].pictures[0] and f"{own.digest}-grey@1.jpg" in shown["grey"].pictures[0]
    assert own.digest not in "".join(shown["swapped"].pictures) and shown["none"].pictures == ()


def test_what_was_measured_is_said(as_researcher: Client) -> None:
    catalog()
    for source, fields in zip(
        Picture.objects.all()[:2],
        [{"effects": {"texture": 0.25, "outline": 0.7, "colour": 0.9}}, {"problem": "unchanged: it was grey"}],
        strict=True,
    ):
        TreatedPicture.objects.create(
            source=source, treatment="grey@1", picture=source if "effects" in fields else None, **fields
        )
    html = as_researcher.get(reverse("run-new")).content.decode()
    assert "texture 0.25 · outline 0.70 · colour 0.90 · not possible of 50 %" in html


def test_an_example_is_the_thumbnail_treated(as_researcher: Client) -> None:
    answer = example(as_researcher, picture(200, 30, 30), "grey@1")
    red, green, blue = Image.open(BytesIO(answer.content)).convert("RGB").getpixel((32, 32))
    assert answer["Content-Type"] == "image/jpeg" and red == green == blue


def test_what_a_treatment_does_not_change_has_no_example(as_researcher: Client) -> None:
    assert example(as_researcher, picture(128, 128, 128), "grey@1").status_code == 204


def test_the_form_of_an_experiment_shows_them_too(as_researcher: Client) -> None:
    catalog()
    html = as_researcher.get(reverse("experiment-new")).content.decode()
    assert html.count('class="in"') == len(treatments_shown()) and "-median@1.jpg" in html
