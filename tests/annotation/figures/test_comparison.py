"""Runs in one study: drawn in pairs, mixed, and told apart by what people say."""

import pytest
from django.test import Client

from accounts.models import User
from annotation.design.protocol import StudyRefused
from annotation.design.services import study_create
from annotation.figures.comparison import runs_compare
from annotation.models import Study
from distillation.models import Run, Verdict
from tests.annotation.builders import rate_all
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs() -> list[Run]:
    return [finished_run(6, name="one"), finished_run(6, name="two")]


def paired(runs: list[Run], items: int = 12, overlap: int = 2, **more) -> Study:
    return study_create(name="S", runs=runs, items=items, overlap=overlap, paired=True, seed=2, **more)


def test_each_run_gives_the_same_co_buys_and_relations(runs: list[Run]) -> None:
    made = paired(runs, strata=["relation"])
    units = [
        set(made.items.filter(run=run).values_list("intention__cobuy", "relation", "inclusion_probability"))
        for run in runs
    ]
    assert units[0] == units[1]
    assert len(units[0]) == 6
    assert {probability for *_, probability in units[0]} == {0.5}  # 3 of the 6 of each relation


def test_runs_are_mixed(runs: list[Run]) -> None:
    order = list(paired(runs, items=24).items.order_by("order_key").values_list("run__name", flat=True))
    assert order != sorted(order)
    assert order.count("one") == order.count("two") == 12


def test_what_only_one_run_has_is_not_drawn(runs: list[Run]) -> None:
    runs[1].intentions.filter(relation="isA").delete()
    assert set(paired(runs, items=12).items.values_list("relation", flat=True)) == {"usedFor"}


@pytest.mark.parametrize(
    ("items", "which", "says"), [(7, slice(2), "can't come from 2 runs alike; ask for 6"), (6, slice(1), "two or more")]
)
def test_what_cannot_be_paired_is_refused(runs: list[Run], items: int, which: slice, says: str) -> None:
    with pytest.raises(StudyRefused, match=says):
        paired(runs[which], items=items)


@pytest.fixture
def judged(runs: list[Run]) -> Study:
    """All of run one is plausible and typical; of run two every item has one yes of two, none typical."""
    made = paired(runs)
    by_run = {"one": [(1, 3), (1, 2)], "two": [(1, 1), (0, 0)]}
    rate_all(made, {item.pk: by_run[item.run.name] for item in made.items.select_related("run")})
    return made


def test_the_difference_is_that_of_the_pairs(judged: Study, runs: list[Run]) -> None:
    found = runs_compare(judged, *runs)
    plausible, typical, *_ = found.rows
    assert (found.pairs, found.unjudged) == (6, 0)
    assert (plausible.a.value, plausible.b.value, plausible.difference.value) == (1.0, 0.5, 0.5)
    assert (typical.a.value, typical.b.value, typical.difference.value) == (1.0, 0.0, 1.0)


def test_pairs_speak_for_those_of_their_stratum_that_stay_unjudged(runs: list[Run]) -> None:
    made = paired(runs, overlap=1, strata=["relation"])  # three pairs of each of two relations
    rate_all(made, {item.pk: [(int(item.relation == "isA" or item.run.name == "two"), 1)] for item in made.items.all()})
    of_used = made.items.filter(relation="usedFor")
    first = of_used.values_list("intention__cobuy", flat=True).order_by("intention__cobuy")[0]
    of_used.exclude(intention__cobuy=first).update(n_judged=0, taken=0, plausibility_tally=0, typicality_tally=0)
    found = runs_compare(made, *runs)
    assert (found.pairs, found.unjudged) == (4, pytest.approx(2 / 6))
    # isA 3 pairs alike; usedFor -1, for three: -3 of 6, where the judged alone would say -1 of 4.
    assert found.rows[0].difference.value == pytest.approx(-0.5)


def test_kept_is_compared_at_each_run_s_strictness(judged: Study, runs: list[Run]) -> None:
    Verdict.objects.update(p_yes=0.6, yes=True)
    judged.items.update(p_yes=0.6, filter_yes=True)
    Run.objects.filter(name="two").update(strictness=0.7)
    kept = runs_compare(judged, *runs).rows[2]
    assert (kept.a.value, kept.b.value, kept.difference.value) == (1.0, 0.0, 1.0)
    assert (kept.difference.ci95, kept.difference.n) == (None, 24)  # all intentions of both, not six pairs


def test_a_run_without_filter_has_no_kept_share(judged: Study, runs: list[Run]) -> None:
    Verdict.objects.filter(intention__run=runs[1]).delete()
    kept = runs_compare(judged, *runs).rows[2]
    assert (kept.difference.value, kept.difference.reason) == (None, "one of the runs has no filter")


def test_agreement_that_is_undefined_says_why(judged: Study, runs: list[Run]) -> None:
    agreement = runs_compare(judged, *runs).rows[3]
    assert agreement.a.value is None  # run one has one answer only
    assert agreement.difference.reason == "all judgments fall into one category"


def test_the_page_shows_the_difference(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    page = client.get(f"/studies/{judged.pk}/compare/").content.decode()
    assert "+50.0 points" in page
    turned = client.get(f"/studies/{judged.pk}/compare/", {"a": "two", "b": "one"}).content.decode()
    assert "−50.0 points" in turned


def test_a_study_of_one_run_says_how_to_compare(client: Client, researcher: User, runs: list[Run]) -> None:
    made = study_create(name="S", runs=runs[:1], items=2, overlap=1)
    client.force_login(researcher)
    assert "Design a study of two runs" in client.get(f"/studies/{made.pk}/compare/").content.decode()


@pytest.mark.parametrize("address", ["compare/", "compare/typical.csv"])
def test_a_run_that_is_not_of_the_study_is_named(client: Client, researcher: User, judged: Study, address: str) -> None:
    client.force_login(researcher)
    answer = client.get(f"/studies/{judged.pk}/{address}", {"a": "one", "b": "nope"})
    assert answer.status_code == 400
    assert "This study has no run “nope”; it has one, two." in answer.content.decode()


def test_one_run_named_is_compared_with_another(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    assert "−50.0 points" in client.get(f"/studies/{judged.pk}/compare/", {"a": "two"}).content.decode()
