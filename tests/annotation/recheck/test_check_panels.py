"""What the panels of a study of all kinds show can be worked out from the export too, and a change is found."""

import io
from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from annotation.design.services import study_create
from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.columns import columns_in
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.shares import NAMES
from annotation.figures.periods.by_relation import MEASURES
from annotation.figures.periods.numbers import PERIODS
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import item_next
from annotation.judging.quality.interventions import participant_exclude
from annotation.models import Item, Judgment, Participant, Study
from annotation.recheck.check import figures_check
from annotation.recheck.rows import Exported
from common.leaves import alike, leaves
from tests.annotation.builders import participant, save
from tests.annotation.recheck.files import changed, exported, judge_all, revise, revisions, where
from tests.annotation.recheck.long_way import LONG_WAY
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

WHERE_SHOWN = ("figures", "joint", "typicality", "agreement_by_judgments", "annotators")


@pytest.fixture(scope="module")
def large_once(module_db: None) -> Study:
    """Two runs, p(yes) all over, two judgments each and so ties, typicality only after a yes, over three days."""
    runs = [finished_run(20, name="one", kept_every=3), finished_run(name="two", relations="usedFor,cause")]
    made = study_create(name="S", runs=runs, items=60, overlap=2, strata=["verdict", "relation"],
                        typicality_after_yes=True)  # fmt: skip
    for i, item in enumerate(made.items.order_by("pk")):
        p_yes = None if i % 10 == 0 else (37 * i % 101 + 0.1234) / 102
        bought = {"bought_year": 2014 + i % 5, "bought_month": 1 + i % 3} if i % 7 else {}
        Item.objects.filter(pk=item.pk).update(p_yes=p_yes, category=f"Category {i % 4}", **bought)
    for name, every in (("ann-0", 2), ("ann-1", 3), ("ann-2", 4)):
        judge_all(participant(made, name), every)
    for judgment in Judgment.objects.all():
        earlier = timezone.now() - timedelta(days=judgment.pk % 3)
        Judgment.objects.filter(pk=judgment.pk).update(created_at=earlier, active_seconds=judgment.pk % 17 + 0.25)
    participant(made, "idle")
    call_command("recompute", "S")
    return made


@pytest.fixture
def large(db: None, large_once: Study) -> Study:
    return Study.objects.get(pk=large_once.pk)


def test_each_panel_is_worked_out_anew(large: Study) -> None:
    check = figures_check(large)
    assert check.differences == []
    switched = {f"{panel.name} by {by}" for panel in PANELS.values() if panel.has_switch for by in NAMES}
    others = {panel.name for panel in PANELS.values() if not panel.has_switch}
    own = {"threshold wanted 0.7 bound lower", "report", "one against two", *(f"by {each}" for each in PERIODS)}
    own |= {f"one against two by relation, {name}" for name in MEASURES}
    assert set(check.compared) == {"cells of items", "figures", "latent truth", *switched, *others, *own}
    assert min(check.compared.values()) >= 4


@pytest.mark.parametrize("name", LONG_WAY)
def test_a_short_cut_leads_where_the_long_way_does(large: Study, name: str) -> None:
    columns = columns_in(io.BytesIO(exported(large)), large)
    for by in NAMES:
        asked = Asked(large, by=by)
        short = dict(leaves(PANELS[name].numbers(Live(asked))))
        long = dict(leaves(LONG_WAY[name](Exported(asked, columns))))
        assert [key for key in short | long if not alike(short.get(key), long.get(key))] == []
        assert len(short) > 10


def test_who_is_excluded_is_worked_out_anew_too(large: Study, researcher: User) -> None:
    who = participant(large, "ann-2")
    participant_exclude(participant=who, reason="bots", by=researcher)
    check = figures_check(large)
    shown = PANELS["annotators"].shown(Asked(large)).table.rows[-1]
    assert (check.differences, shown[0], shown[1]) == (
        [],
        who.pseudonym,
        Judgment.objects.filter(participant=who).count(),
    )


def test_what_a_csv_can_not_know_is_named(large: Study) -> None:
    said = figures_check(
        large, io.BytesIO(exported(large)), only=("figures", "progress", "annotators", "anchoring")
    ).not_in_csv
    assert {"figures: items", "figures: wanted", "progress: untouched", "annotators: people.gold"} <= set(said)
    assert any(each.startswith("anchoring: the CSV has no revisions") for each in said)


def test_a_year_that_the_page_has_otherwise_is_found(large: Study) -> None:
    csv = exported(large)
    Item.objects.filter(bought_year=2016).update(bought_year=2017)
    check = figures_check(large, io.BytesIO(csv), only=("by year", "by month"))
    assert where(check) == {"by year", "by month"}  # the trend over the years stands in both
    first = next(
        each for each in check.differences if ".names." in each.figure or each.figure.startswith("by year.items")
    )
    assert first.shown != first.from_csv


def test_a_file_without_years_is_said_to_have_none(large: Study) -> None:
    def earlier(rows: list[dict]) -> None:
        for row in rows:
            del row["bought_year"], row["bought_month"]

    check = figures_check(large, changed(exported(large), earlier), only=("by year", "by category"))
    assert check.differences == []
    said = [each for each in check.not_in_csv if "the CSV has no bought_year" in each]
    assert [each.partition(":")[0] for each in said] == ["by year", "by category"]


def test_revisions_are_set_against_the_verdict(large: Study) -> None:
    first, second, *_ = large.items.first().judgments.all()
    for judgment, plausibility in ((first, 0), (first, 1), (second, 0)):
        revise(judgment, plausibility)
    check = figures_check(large, only=("figures", "anchoring"))  # the others with rows in any order
    assert (check.differences, check.compared["anchoring"]) == ([], 26)


def test_moves_are_not_known_while_an_audit_is_unanswered(large: Study) -> None:
    revise(Judgment.objects.first(), 0)
    save(item_next(participant=participant(large, "late")))
    check = figures_check(large, only=("figures", "progress", "audit", "annotators", "anchoring"))
    assert check.differences == []
    assert any(each.startswith("anchoring: 1 verdicts were revealed") for each in check.not_in_csv)


def test_of_very_many_judgments_the_same_part_is_read(large: Study) -> None:
    whole = PANELS["joint"].numbers(Live(Asked(large)))
    Participant.objects.filter(annotator__username="idle").update(n_judged=150_000)
    assert PANELS["joint"].numbers(Live(Asked(large))) != whole  # of one in two items
    check = figures_check(large, only=("figures", "latent truth", "joint", "pairs", "lenience", "annotators"))
    name = participant(large, "idle").pseudonym
    assert [each.figure for each in check.differences] == ["annotators", f"annotators.people.{name}.judgments"]


def test_a_wrong_tally_is_found_in_each_panel_that_shows_it(large: Study) -> None:
    # One yes and one no, a tie, become two yes.
    item = large.items.filter(plausibility_tally=1 + (1 << 7), filter_yes=True).first()
    Item.objects.filter(pk=item.pk).update(plausibility_tally=2 << 7)
    panels = {"plausibility by category", "plausibility by run", "confusion", "agreement", "threshold", "calibration"}
    others = {"agreement_by_judgments", "joint", "progress", "typicality"}
    found = where(figures_check(large, only={"figures", "ceiling", "plausibility", *panels, *others}))
    assert panels | {"ceiling", "filter", "rates"} <= found
    assert not found & {"agreement_by_judgments", "joint", "progress", "typicality by run"}


def test_a_wrong_tally_of_a_judgment_is_found_in_the_panel_of_moments(large: Study) -> None:
    judgment = Judgment.objects.filter(tally=2).first()
    Judgment.objects.filter(pk=judgment.pk).update(tally=2 << 7)
    assert where(figures_check(large)) == {"agreement_by_judgments"}


@pytest.mark.parametrize(
    ("column", "panel"),
    [
        ("plausibility", "joint"),
        ("typicality", "typicality by run"),
        ("judged_at", "agreement_by_judgments"),
        ("audit", "audit"),
        ("active_seconds", "annotators"),
        ("annotator", "annotators"),
    ],
)
def test_a_changed_row_of_the_csv_is_found(large: Study, column: str, panel: str) -> None:
    values = {"judged_at": "2020-01-01T00:00:00Z", "annotator": "somebody", "active_seconds": "3000", "audit": "wrong",
              "plausibility": "0", "typicality": "0"}  # fmt: skip

    def change(rows: list[dict]) -> None:
        for row in rows[:8]:
            row[column] = values[column] if row["plausibility"] == "1" else row[column]

    found = where(figures_check(large, changed(exported(large), change), only=WHERE_SHOWN))
    assert panel in found


@pytest.mark.parametrize("column", ["study", "asin_a", "asin_b", "intention", "strictness"])
def test_an_altered_cell_of_an_item_is_found(large: Study, column: str) -> None:
    def change(rows: list[dict]) -> None:
        first = rows[0]["item"]
        for row in rows:
            row[column] = "0.9" if row["item"] == first else row[column]

    (found,) = figures_check(large, changed(exported(large), change), only=("progress",)).differences
    assert (found.figure, str(found.from_csv)) == (f"item {large.items.earliest('pk').pk}.{column}", "0.9")


def test_rows_in_any_order_give_the_same(large: Study) -> None:
    first, second, *_ = large.items.first().judgments.all()
    for judgment, plausibility in ((first, 0), (first, 1), (second, 0)):
        revise(judgment, plausibility)
    straight = figures_check(large)
    check = figures_check(large, changed(revisions(large), Random(1).shuffle))
    assert (check.differences, check.compared) == ([], straight.compared)


def test_a_row_that_is_there_twice_is_found(large: Study) -> None:
    twice = changed(exported(large), lambda rows: rows.append(rows[0]))
    assert "judgments" in where(figures_check(large, twice, only=("figures",)))
    with pytest.raises(ImportRefused, match="a revision of a judgment is there twice"):
        figures_check(large, changed(revisions(large), lambda rows: rows.append(rows[0])))


def test_an_item_that_is_two_things_is_refused(large: Study) -> None:
    def change(rows: list[dict]) -> None:
        rows[1]["relation"] = "isA" if rows[0]["relation"] != "isA" else "cause"

    with pytest.raises(ImportRefused, match=r"line 3: item \d+ has relation"):
        figures_check(large, changed(exported(large), change))
