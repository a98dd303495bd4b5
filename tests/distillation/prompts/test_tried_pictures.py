"""A try shows each picture as the run's model would see it, and says what the run would leave out."""

import pytest
from django.urls import reverse

from distillation.catalog.selection import EVERYTHING
from distillation.runs.pages.trying import Sampled, pairs_sample
from distillation.treatments import AS_IS, SWAPPED
from tests.distillation.runs.coloured import catalog

pytestmark = pytest.mark.django_db


def sampled(treatment: str) -> list[Sampled]:
    return pairs_sample(EVERYTHING, 3, with_images=True, treatment=treatment)


def test_swapped_pictures_are_another_co_buys_to_model_and_eye() -> None:
    first, second = catalog()
    shown = sampled(SWAPPED)
    of = [{each.picture.digest for each in (cobuy.a, cobuy.b)} for cobuy in (first, second)]
    assert [{each.pair.a.picture.digest, each.pair.b.picture.digest} <= of[1 - n] for n, each in enumerate(shown)] == [
        True,
        True,
    ]
    for each in shown:
        own = (each.pair.a.picture.digest, each.pair.b.picture.digest)
        assert each.pictures == tuple(reverse("thumbnail", args=[digest]) for digest in own)


def test_a_treated_picture_is_shown_treated_and_a_grey_one_is_left_out() -> None:
    catalog()  # the second co-buy has a product that is grey already
    grey, left_out = sampled("grey@1")
    assert grey.pictures[0] == reverse("treated-example", args=[grey.cobuy.a.picture.digest, "grey@1"])
    assert grey.pair.a.picture.digest != grey.cobuy.a.picture.digest
    assert left_out.pair is None and left_out.left_out.startswith("unchanged")


def test_a_picture_whose_file_is_gone_is_said(settings, tmp_path) -> None:
    catalog()
    settings.MEDIA_ROOT = tmp_path
    assert {each.left_out for each in sampled(AS_IS)} == {"the picture's file is missing from the store"}
