"""What a page shows for a choice can be worked out from the export as well, and so can comparisons and the report."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation.design.services import study_create
from annotation.exchange.files.cells import ImportRefused
from annotation.figures.pages.selection_form import single_choices
from annotation.figures.panels.all import PANELS
from annotation.judging.allocation import item_next, item_skip
from annotation.models import Item, Judgment, Participant, Study
from annotation.recheck.check import Check, figures_check
from annotation.selection import EVERYTHING, LATENT, PEOPLE, Selection
from tests.annotation.builders import participant
from tests.annotation.recheck.files import changed, exported, judge_all
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

DAY = timezone.localdate() - timedelta(days=1)
SLOW = ("threshold", "recall")  # whose rows `calibration` shares


@pytest.fixture(scope="module")
def made_once(module_db: None) -> Study:
    """Two runs drawn in pairs, three votes an item over three days, one annotator in a group and one excluded."""
    runs = [finished_run(8, name="one"), finished_run(name="two", kept_every=3)]
    made = study_create(name="S", runs=runs, items=32, overlap=3, paired=True, typicality_after_yes=True)
    for i, item in enumerate(made.items.order_by("pk")):
        Item.objects.filter(pk=item.pk).update(category=f"Category {i % 2}")
    judge_all(participant(made, "out"), 2, most=8)
    Participant.objects.update(state=Participant.State.EXCLUDED, state_reason="bots")
    call_command("recompute", "S")
    item_skip(participant=participant(made, "ann-0"), item_id=item_next(participant=participant(made, "ann-0")).item_id,
              reason="cannot_tell")  # fmt: skip
    for name, every in (("ann-0", 2), ("ann-1", 3), ("ann-2", 5)):
        judge_all(participant(made, name), every, most=32)
    participant(made, "ann-1").annotator.groups.add(Group.objects.create(name="Lab"))
    for judgment in Judgment.objects.all():
        Judgment.objects.filter(pk=judgment.pk).update(created_at=timezone.now() - timedelta(days=judgment.pk % 3))
    call_command("recompute", "S")
    return made


@pytest.fixture
def made(db: None, made_once: Study) -> Study:
    return Study.objects.get(pk=made_once.pk)


def test_each_choice_that_the_page_offers_is_worked_out_anew(made: Study) -> None:
    choices = {tuple(each.fields): each for each in single_choices(made)}  # one of a kind
    check = figures_check(made, choices=choices.values(), only={"figures", "latent truth", *PANELS} - {*SLOW})
    assert check.differences == []
    assert set(check.compared) == {"cells of items", *(each.query for each in choices.values())}
    assert {name for kind in choices for name in kind} == {
        "relation", "category", "run", "group", "person", "since", "until", "truth", "whose", "version",
        "with_excluded",
    }  # fmt: skip


def test_the_slow_panels_too(made: Study) -> None:
    choices = [Selection(relation="isA"), Selection(since=DAY), Selection(with_excluded=True)]
    assert figures_check(made, choices=choices, only=SLOW).differences == []


def test_choices_together(made: Study) -> None:
    both = Selection(relation="isA", category="Category 0", since=DAY, with_excluded=True)
    assert figures_check(made, choices=[both], only={*PANELS} - {*SLOW}).differences == []


def flipped(
    made: Study, is_within: Callable[[dict], bool], choice: Selection, only: tuple[str, ...] = ("figures",)
) -> Check:
    """With the answer of one judgment that `is_within` the other way."""

    def change(rows: list[dict]) -> None:
        row = next(row for row in rows if is_within(row))
        row["plausibility"] = str(1 - int(row["plausibility"]))

    return figures_check(made, changed(exported(made), change), [choice], only=only)


def day_of(row: dict) -> date:
    return timezone.localdate(datetime.fromisoformat(row["judged_at"]))


def name_of(made: Study, username: str) -> str:
    return made.participants.get(annotator__username=username).pseudonym


CHOICES: dict[str, Callable[[Study], tuple[Selection, Callable[[dict], bool]]]] = {
    "relation": lambda made: (Selection(relation="isA"), lambda row: row["relation"] == "isA"),
    "category": lambda made: (Selection(category="Category 1"), lambda row: row["category"] == "Category 1"),
    "run": lambda made: (Selection(run=made.runs.get(name="two").pk), lambda row: row["run"] == "two"),
    "group": lambda made: (
        Selection(group=Group.objects.get().pk), lambda row: row["annotator"] == name_of(made, "ann-1")
    ),
    "person": lambda made: (
        Selection(person=name_of(made, "ann-1")), lambda row: row["annotator"] == name_of(made, "ann-1")
    ),
    "since": lambda made: (Selection(since=DAY), lambda row: day_of(row) >= DAY),
    "until": lambda made: (Selection(until=DAY), lambda row: day_of(row) <= DAY),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_an_altered_judgment_is_found_within_a_choice_and_only_there(made: Study, name: str) -> None:
    choice, is_within = CHOICES[name](made)
    found = flipped(made, lambda row: row["counts"] == "true" and is_within(row), choice).differences
    assert found and all(each.figure.startswith(f"{choice.query}: ") for each in found)
    assert flipped(made, lambda row: row["counts"] == "true" and not is_within(row), choice).differences == []


def test_a_judgment_of_who_is_excluded_is_found_with_them_only(made: Study) -> None:
    def out(row: dict) -> bool:
        return row["counts"] == "false"

    assert flipped(made, out, Selection(relation="isA")).differences == []
    assert flipped(made, out, Selection(with_excluded=True)).differences


@pytest.mark.parametrize(("choice", "figure"), [
    (Selection(truth=LATENT), "truth=latent: latent.accuracy"), (Selection(whose=PEOPLE), "whose=people: people.plaus"),
])  # fmt: skip
def test_an_altered_judgment_is_found_however_it_is_read(made: Study, choice: Selection, figure: str) -> None:
    found = flipped(made, lambda row: row["counts"] == "true", choice).differences
    assert any(each.figure.startswith(figure) for each in found)


def test_runs_compared_and_the_report_are_worked_out_anew(made: Study) -> None:
    check = figures_check(made, only=("report", "one against two"))
    assert (check.differences, check.compared["report"], check.compared["one against two"] > 30) == ([], 9, True)


def test_an_altered_judgment_is_found_in_both(made: Study) -> None:
    check = flipped(made, lambda row: row["counts"] == "true", EVERYTHING, only=("report", "one against two"))
    figures = [each.figure for each in check.differences]
    assert "report.clustered.plausibility.ci95.0" in figures
    assert any(each.startswith("one against two.rows.0.difference") for each in figures)


def test_a_file_is_held_against_its_manifest(made: Study, tmp_path: Path) -> None:
    path = tmp_path / "judgments.csv"
    call_command("export_judgments", "S", output=path)
    manifest = json.loads((tmp_path / "judgments.csv.manifest.json").read_text())
    with path.open("rb") as file:
        check = figures_check(made, file, only=("progress",), manifest=manifest)
    assert (check.differences, [each for each in check.not_in_csv if each.startswith("manifest")]) == ([], [])

    def change(rows: list[dict]) -> None:
        rows.sort(key=lambda row: row["intention"], reverse=True)

    moved = figures_check(made, changed(exported(made), change), only=("progress",), manifest=manifest)
    assert moved.differences == []
    assert any(each.startswith("manifest: asins and texts, as the file has other bytes") for each in moved.not_in_csv)


@pytest.mark.parametrize("column", ["study", "strictness"])
def test_an_altered_cell_is_not_that_of_the_manifest(made: Study, column: str) -> None:
    strictness = dict(made.runs.values_list("name", "strictness"))
    manifest = {"study": {"name": "S"}, "strictness": strictness, "row_count": len(exported(made).splitlines()) - 1,
                "sha256": ""}  # fmt: skip

    def change(rows: list[dict]) -> None:
        for row in rows:
            row[column] = "0.75"

    check = figures_check(made, changed(exported(made), change), only=("progress",), manifest=manifest)
    assert {each.figure for each in check.differences} >= {
        f"manifest, item {pk}.{column}" for pk in made.items.values_list("pk", flat=True)
    }


def test_a_manifest_of_a_part_or_of_something_else_is_refused(made: Study, tmp_path: Path) -> None:
    path = tmp_path / "judgments.csv"
    call_command("export_judgments", "S", output=path, relation="isA")
    with pytest.raises(CommandError, match="a part of the study only"):
        call_command("check_figures", "S", csv=path)
    with pytest.raises(ImportRefused, match="none of export_judgments"), path.open("rb") as file:
        figures_check(made, file, manifest={"software": "another"})
