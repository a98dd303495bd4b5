"""What a run will take, beside its form."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from distillation.models import CatalogImport, Product, Run, RunTick
from distillation.runs.pages.forecast import Calls, measured
from tests.distillation.builders import cobuys, finished_run
from tests.distillation.runs.coloured import picture

pytestmark = pytest.mark.django_db
ASKED = {"imports": "all", "preset": "chosen", "chosen": ["usedFor", "isA"], "samples": 3, "pictures": "as-is"}


def asked(client: Client, **more) -> dict:
    return client.post(reverse("run-forecast"), {**ASKED, **more}).context


def test_calls_are_those_that_the_run_will_make(as_researcher: Client) -> None:
    cobuys(4)
    # 4 co-buys of 8 products, 2 relations, 3 intentions each.
    assert asked(as_researcher)["calls"] == Calls(4, 0, features=8, intentions=24, verdicts=24)
    assert asked(as_researcher, limit=1, filter="none")["calls"] == Calls(1, 0, features=2, intentions=6, verdicts=0)


def test_cobuys_without_pictures_are_left_out_where_pictures_are_shown(as_researcher: Client) -> None:
    shown = cobuys(2)[0]
    Product.objects.filter(pk__in=[shown.a_id, shown.b_id]).update(picture=picture(200, 30, 30))
    assert (asked(as_researcher, with_images="on")["calls"].cobuys, asked(as_researcher)["calls"].cobuys) == (1, 2)
    assert asked(as_researcher, with_images="on")["calls"].lacking == 1


def test_what_an_earlier_run_took_is_scaled_by_calls() -> None:
    run = finished_run(2)
    run.prices = {"prompt": 1.0, "completion": 2.0}
    run.save()
    RunTick.objects.create(run=run, at=timezone.now(), calls=50, prompt_tokens=9_000, completion_tokens=1_000)
    found = measured(Calls(10, 0, 20, 40, 40), backend=run.backend, model=run.model)  # 100 calls are twice as many
    assert (found.run, found.tokens, found.seconds) == (run, 20_000, 2 * RunTick.SECONDS)
    assert found.dollars == pytest.approx(2 * (9_000 + 2 * 1_000) / 1e6)
    assert measured(Calls(1, 0, 1, 1, 1), backend="openai", model="another") is None


def test_an_unfinished_form_is_told_what_it_lacks(as_researcher: Client) -> None:
    answer = as_researcher.post(reverse("run-forecast"), {**ASKED, "chosen": []})
    assert "Choose co-buys and relations" in answer.content.decode()
    assert not Run.objects.exists() and not CatalogImport.objects.exists()
