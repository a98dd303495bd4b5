"""Runs that are filtered in other words, by another model, or not at all."""

import asyncio
import csv

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from common.kept import unfiltered_q
from common.refusals import Refused
from distillation.lvlm.base import Judge, Request
from distillation.lvlm.scripted import ScriptedBackend
from distillation.lvlm.second import WithFilter, of_filter
from distillation.models import Failure, Intention, Run, Verdict
from distillation.pipeline.filters import FilterPrompts, versions
from distillation.pipeline.options import Options
from distillation.pipeline.records import ProductRecord
from distillation.pipeline.steps import feature_key
from distillation.runs.kept import run_kept
from distillation.runs.reports import run_counts, run_progress
from distillation.runs.services import RunSettings, filter_named, run_start
from knowledge.exports.rows import Rows
from knowledge.exports.selection import Selection
from tests.distillation.builders import cobuys, finished_run
from tests.distillation.runs.working import work


def start(name: str = "r1", *, intentions_of: Run | None = None, **asked) -> Run:
    chosen = RunSettings.checked(relations="usedFor,isA", limit=None, with_images=False, **asked)
    about = {"backend": "baseline", "model": "rules-1", "base_urls": []}
    return run_start(name=name, settings=chosen, intentions_of=intentions_of, **about)[0]


@pytest.mark.django_db
def test_without_a_filter_all_that_is_made_is_kept():
    cobuys(2)
    made, backend = start(filter="none"), ScriptedBackend()
    work(made, backend)
    progress = run_progress(made)
    # 4 products and 2 co-buys x 2 relations; no verdict is asked.
    assert (backend.calls, progress.kept, progress.owed, progress.unaccounted) == (8, 4, 0, 0)
    assert not Verdict.objects.exists()
    assert [step.name for step in run_counts(made).steps(4)] == ["Features", "Intentions"]
    assert run_kept(made, 0.5, verdicts=4).share == 1


@pytest.mark.django_db
def test_what_no_filter_saw_is_kept_in_exports_and_lists():
    finished_run(2, name="filtered")
    made = start("open", filter="none")
    work(made, ScriptedBackend())
    assert Rows(Selection.checked(run="open", kept=True)).facts().kept == 4
    assert Rows(Selection.checked(run="filtered", kept=True)).facts().kept == 2
    assert set(Intention.objects.filter(unfiltered_q())) == set(made.intentions.all())


@pytest.mark.django_db
def test_pages_of_a_run_without_a_filter_say_so(as_researcher: Client):
    cobuys(1)
    work(start(filter="none"), ScriptedBackend())
    words = as_researcher.get(reverse("run-detail", args=["r1"])).content.decode()
    assert "no filter is asked: all count as kept" in words
    assert "No verdict" in words


@pytest.mark.django_db
def test_another_filter_judges_the_very_intentions():
    first = finished_run(2, name="first")
    unit = first.intentions.earliest("pk")
    Failure.objects.create(
        run=first, step="intention", cobuy=unit.cobuy, relation=unit.relation, reason="timeout", detail="slow"
    )
    unit.delete()
    made, backend = start("strict", intentions_of=first, filter="strict-1"), ScriptedBackend(default="No, never.")
    work(made, backend)
    units = ("cobuy", "relation", "sample", "text")
    assert set(made.intentions.values_list(*units)) == set(first.intentions.values_list(*units))
    # Of 4 units one failed in the first run: 3 verdicts, and no intention is asked.
    assert [type(r.subject) for r in backend.requests].count(Judge) == made.intentions.count() == 3
    assert (run_progress(made).owed, run_progress(made).unaccounted) == (0, 0)
    assert sum("careful customer" in str(request.parts) for request in backend.requests) == 3


def test_a_filters_wording_leaves_features_to_be_shared():
    product = ProductRecord("A1", "Lamp", "", None)
    own, other = Options(), Options(filter_prompts=FilterPrompts.load("strict-1"))
    assert feature_key(product, own, "m", "openai") == feature_key(product, other, "m", "openai")


def test_verdicts_are_asked_of_the_second_model():
    first, second = ScriptedBackend(model="big"), ScriptedBackend(model="small")
    both = WithFilter(first, second)
    asked = Request(None, "", (), 1, 0.0)  # a subject that is no verdict's
    assert asyncio.run(both.reply(asked)).text
    assert (first.calls, second.calls, both.model) == (1, 0, "big")


@pytest.mark.django_db
def test_a_second_model_filters_a_run():
    cobuys(1)
    first, second = ScriptedBackend(), ScriptedBackend(default="No.")
    made = start(filter_model="small")
    work(made, WithFilter(first, second))
    assert (first.calls, second.calls) == (4, 2)
    assert set(Verdict.objects.values_list("yes", flat=True)) == {False}


def test_what_is_told_of_the_filters_server_is_kept_apart():
    assert of_filter({"http://a": {"seed": True}, "filter http://a": {"seed": False}}) == {"http://a": {"seed": False}}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"filter": "gentle"}, "known are examples-1, lenient-1, neutral-1, strict-1"),
        ({"filter": "none", "filter_model": "small"}, "leave one of them out"),
        ({"filter_base_urls": ["http://b:1"]}, "Name the model that filters"),
    ],
)
def test_bad_filters_are_refused(db: None, asked: dict, words: str):
    with pytest.raises(Refused, match=words):
        RunSettings.checked(relations="isA", limit=None, **asked)


def test_no_filter_and_a_wording_contradict_each_other():
    assert filter_named("", no_filter=True) == "none"
    with pytest.raises(Refused, match="--filter strict-1"):
        filter_named("strict-1", no_filter=True)


@pytest.mark.parametrize("version", versions())
def test_shipped_wordings_name_their_places(version: str):
    words = FilterPrompts.load(version)
    assert "A reason" in words.judge.format(intention="A reason")
    assert "Answer Yes or No first" in words.judge


def test_products_of_the_examples_are_in_no_sample():
    quoted = FilterPrompts.load("examples-1").judge.split('"')[1::2]
    names = {words.split()[0] for words in quoted if not words.startswith(("They", "{"))}
    with (settings.BASE_DIR / "distillation/sample/products.csv").open(encoding="utf-8") as file:
        titles = " ".join(row["title"] for row in csv.DictReader(file)).casefold()
    assert len(names) == 8
    assert not [name for name in names if name.casefold() in titles]
