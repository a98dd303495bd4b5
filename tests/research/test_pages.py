"""What an experiment shows: sums that add up, what was lost left out, and people's differences."""

import csv
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from annotation.design.services import study_create
from distillation.models import Failure, Run
from research.experiments.exact import NOTHING, exact
from research.experiments.judged import judged
from research.experiments.kept_parts import kept_by
from research.experiments.making import experiment_create, experiment_plan
from research.experiments.side_by_side import cobuy_ids
from research.experiments.summary import csv_rows, experiment_read, experiment_summary
from research.models import Experiment
from tests.annotation.builders import rate_all
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment() -> Experiment:
    """A control that keeps every second of 12 intentions and an arm that keeps every third."""
    runs = [finished_run(6, name="one"), finished_run(6, name="two", kept_every=3)]
    plan = experiment_plan(control=runs[0], runs=runs, vary={})
    return experiment_create(name="look", plan=plan, checked=[], question="Do they differ?")


def lose(run: Run, reason: str, n: int = 1) -> None:
    """The units of the first co-buys end in a failure instead."""
    for cobuy in run.cobuys.order_by("cobuy")[:n]:
        run.intentions.filter(cobuy=cobuy.cobuy_id).delete()
        Failure.objects.bulk_create(
            Failure(run=run, step="intention", cobuy_id=cobuy.cobuy_id, relation=code, reason=reason, detail="d")
            for code in run.config["relations"]
        )


def test_each_arms_sums_add_up(experiment: Experiment):
    lose(Run.objects.get(name="two"), "untreated")
    figures = exact(list(experiment.arms.select_related("run")))
    assert [each.adds_up for each in figures.arms] == [True, True]
    assert [each.whole.verdicts for each in figures.arms] == [12, 10]


def test_the_kept_share_is_counted(experiment: Experiment):
    kept = exact(list(experiment.arms.select_related("run"))).arms[1].against
    assert kept.difference == pytest.approx(4 / 12 - 6 / 12)


@pytest.mark.parametrize("part", ["relation", "category", "product type"])
def test_the_kept_share_in_parts_adds_up_to_the_whole(experiment: Experiment, part: str):
    lose(Run.objects.get(name="two"), "unchanged")
    arms = list(experiment.arms.select_related("run"))
    whole = exact(arms).arms[1].against
    parts = kept_by(arms, part)[arms[1].pk].values()
    assert sum((each.arm for each in parts), NOTHING) == whole.arm
    assert sum((each.control for each in parts), NOTHING) == whole.control


def test_the_kept_share_by_relation_is_counted(experiment: Experiment):
    # Each co-buy has a type of, then used for: the control keeps all of the first, the arm two of six of both.
    arms = list(experiment.arms.select_related("run"))
    parts = kept_by(arms, "relation")[arms[1].pk]
    assert {name: each.difference for name, each in parts.items()} == {"a type of": 2 / 6 - 1, "used for": 2 / 6}


def test_what_was_lost_is_told_with_its_reason_and_can_be_read(experiment: Experiment, as_researcher: Client):
    lose(Run.objects.get(name="two"), "unchanged", n=2)
    page = as_researcher.get(reverse("experiment", args=["look"])).content.decode()
    assert "2 co-buys of two, as a picture would stay as it was" in page
    pairs = as_researcher.get(reverse("experiment-pairs", args=["look"]), {"show": "left-out"}).content.decode()
    assert "of 2</span>" in pairs


def test_where_people_differ_most_comes_first(experiment: Experiment):
    runs = [arm.run for arm in experiment.arms.all()]
    study = study_create(name="S", runs=runs, items=24, overlap=2, paired=True, seed=2)
    of = study.items.select_related("run", "intention")
    apart = of.filter(run=runs[1]).order_by("intention__cobuy").last().intention.cobuy_id
    no = {item.pk for item in of if item.run == runs[1] and item.intention.cobuy_id == apart}
    rate_all(study, {item.pk: [(0, 0), (0, 0)] if item.pk in no else [(1, 1), (1, 1)] for item in of})
    arms = list(experiment.arms.select_related("run"))
    ids = cobuy_ids(arms, "differ", "usedFor", study)
    assert (ids[0], len(ids)) == (apart, 6)


def test_a_repeat_of_the_control_is_called_so(experiment: Experiment, as_researcher: Client):
    said = "asked as the control was"
    page = reverse("experiment", args=["look"])
    assert said in as_researcher.get(page).content.decode()
    two = Run.objects.get(name="two")
    Run.objects.filter(pk=two.pk).update(config={**two.config, "temperature": 1.0})
    assert said not in as_researcher.get(page).content.decode()


def test_arms_are_chosen_and_what_is_none_is_passed_over(experiment: Experiment, as_researcher: Client):
    asked = {"figure": "colour", "by": "moon", "arm": ["x", "9" * 30, experiment.arms.last().pk]}
    page = as_researcher.get(reverse("experiment", args=["look"]), asked)
    assert (page.status_code, page.context["panels"]["name"], page.context["panels"]["part"]) == (
        200,
        "Kept",
        "Relation",
    )


def test_the_page_leads_to_studies_of_its_runs(experiment: Experiment, as_researcher: Client):
    page = as_researcher.get(reverse("experiment", args=["look"])).content.decode()
    link = page.partition(f"{reverse('study-new')}?runs=")[2].partition('"')[0]
    form = as_researcher.get(f"{reverse('study-new')}?runs={link.replace('&amp;', '&')}").context["form"]
    assert form["paired"].value() is True
    assert len(form["runs"].value()) == 2


def test_a_failed_treatment_leaves_the_cobuy_out_of_both(experiment: Experiment, as_researcher: Client):
    lose(Run.objects.get(name="two"), "unchanged")
    figures = exact(list(experiment.arms.select_related("run")))
    against = figures.arms[1].against
    assert (figures.common, against.cobuys, against.control.verdicts, against.arm.failed) == (5, 5, 10, 0)
    shown = as_researcher.get(reverse("experiment", args=["look"])).content.decode()
    assert "50.0 % in common" in shown and "5 of 6 co-buys" in shown


def test_a_failed_call_is_counted_and_bounds_the_difference(experiment: Experiment):
    lose(Run.objects.get(name="two"), "timeout")
    against = exact(list(experiment.arms.select_related("run"))).arms[1].against
    kept = against.arm.kept
    assert (against.arm.failed, against.cobuys) == (2, 6)
    # Two of twelve could be kept or not; the control has no failure.
    assert against.bounds == pytest.approx((kept / 12 - 0.5, (kept + 2) / 12 - 0.5))


def test_people_set_the_arms_against_the_control(experiment: Experiment, as_researcher: Client):
    runs = [arm.run for arm in experiment.arms.all()]
    study = study_create(name="S", runs=runs, items=24, overlap=2, paired=True, seed=2)
    said = {"one": [(1, 3), (1, 2)], "two": [(1, 1), (0, 0)]}  # every item of two is split
    rate_all(study, {item.pk: said[item.run.name] for item in study.items.select_related("run")})
    rows = {row["measure"]: row["value"] for row in csv_rows(experiment_summary(experiment))}
    assert (rows["plausible"], rows["plausible of the control"], rows["plausible difference"]) == (0.5, 1.0, -0.5)
    arms, figures, found, _ = experiment_read(experiment)
    plausible, typical, accuracy = judged(found, arms, figures.arms)
    assert (plausible.difference.figure.value, typical.difference.figure.value) == (-0.5, -1.0)
    # The control keeps half of what all find plausible; people are split on the arm's whatever is kept.
    assert (accuracy.of_control.value, accuracy.of_arm.value) == (0.5, 0.5)
    # Co-buys and annotators are both drawn: as wide or wider than for these annotators alone.
    assert plausible.people.value == pytest.approx(-0.5)
    assert plausible.parts["category"]["none"].figure.value == plausible.parts["product type"]["general"].figure.value
    assert plausible.people_parts["category"]["none"] == plausible.people  # all are of one category
    words = as_researcher.get(reverse("experiment", args=["look"])).content.decode()
    assert "People like them" in words
    assert "Plausible by relation" in words
    parts = as_researcher.get(reverse("experiment", args=["look"]), {"figure": "typical", "by": "category"})
    assert "Typical by category" in parts.content.decode()


def test_a_page_under_way_is_polled_and_comes_anew_at_the_end(experiment: Experiment, as_researcher: Client):
    Run.objects.filter(name="two").update(state=Run.State.RUNNING)
    assert "Under way" in as_researcher.get(reverse("experiment", args=["look"])).content.decode()
    where = reverse("experiment-progress", args=["look"])
    polled = as_researcher.get(where)
    assert "12</strong> of 12" in polled.content.decode()
    revision = polled.content.decode().partition("revision=")[2][:8]
    assert as_researcher.get(where, {"revision": revision}).status_code == 204
    Run.objects.update(state=Run.State.DONE)
    assert as_researcher.get(where, {"revision": revision})["HX-Refresh"] == "true"


def test_simulated_judgments_are_called_so_everywhere(experiment: Experiment, as_researcher: Client):
    runs = [arm.run for arm in experiment.arms.all()]
    study = study_create(name="S", runs=runs, items=4, overlap=1, paired=True, seed=2, simulated=True)
    rate_all(study, {item.pk: [(1, 3)] for item in study.items.all()})
    for page in ("experiment", "experiment-pairs"):
        assert "Simulated judgments" in as_researcher.get(reverse(page, args=["look"])).content.decode()
    assert as_researcher.get(reverse("experiment-json", args=["look"])).json()["simulated"] is True
    rows = csv.DictReader(StringIO(as_researcher.get(reverse("experiment-csv", args=["look"])).content.decode()))
    assert {row["simulated"] for row in rows if "difference" in row["measure"] and row["p_holm"]} <= {"True"}


@pytest.mark.parametrize("page", ["experiment", "experiment-json", "experiment-csv"])
def test_pages_answer(experiment: Experiment, as_researcher: Client, page: str):
    answer = as_researcher.get(reverse(page, args=["look"]))
    assert answer.status_code == 200
    assert "two" in answer.content.decode()


def test_page_and_files_tell_the_same(experiment: Experiment, as_researcher: Client):
    summary = experiment_summary(experiment)
    assert as_researcher.get(reverse("experiment-json", args=["look"])).json() == summary
    rows = list(csv.DictReader(StringIO(as_researcher.get(reverse("experiment-csv", args=["look"])).content.decode())))
    for measure in ("kept_share", "kept_share_in_common"):
        told = [row["value"] for row in rows if row["measure"] == measure]
        assert told == [str(arm[measure]) for arm in summary["arms"]]
    parts = {row["of_part"]: row["value"] for row in rows if row["part"] == "relation"}
    by_relation = summary["arms"][1]["against_control"]["by_relation"]
    assert parts == {name: str(each["difference"]) for name, each in by_relation.items()}


def test_an_unjudged_experiment_says_so(experiment: Experiment, as_researcher: Client):
    assert "Not judged yet" in as_researcher.get(reverse("experiment", args=["look"])).content.decode()


def test_the_page_says_the_cost_before_it_starts(as_researcher: Client):
    finished_run(3, name="one")
    asked = {"name": "x", "control": "one", "more": "titles=no"}
    words = as_researcher.post(reverse("experiment-new"), asked).content.decode()
    # 3 co-buys x 2 relations, an intention and a verdict each, and 6 products.
    assert "18 calls at most" in words
    assert not Experiment.objects.exists()


def test_a_run_leads_to_an_experiment_with_it_as_control(as_researcher: Client):
    finished_run(3, name="one")
    finished_run(name="two")
    where = f"{reverse('experiment-new')}?control=one"
    assert f'href="{where}"' in as_researcher.get(reverse("run-detail", args=["one"])).content.decode()
    assert '<option value="one" selected dir="auto">' in as_researcher.get(where).content.decode()


def test_the_page_refuses_in_words(as_researcher: Client):
    finished_run(3, name="one")
    answer = as_researcher.post(reverse("experiment-new"), {"name": "x", "control": "one", "more": "colour=red"})
    assert answer.status_code == 422
    assert "Unknown factor" in answer.content.decode()
