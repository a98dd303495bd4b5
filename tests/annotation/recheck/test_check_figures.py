"""What the pages show can be worked out from the export, to the last digit."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.panels.all import PANELS
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.simulation import study_simulate
from annotation.models import Item, Judgment, Participant, Study
from annotation.recheck.check import figures_check
from annotation.selection import Selection
from tests.annotation.builders import judge, participant, study
from tests.annotation.recheck.files import judge_all, revise
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def test_repeats_are_worked_out_anew(db: None) -> None:
    made = study(
        run=finished_run(10), items=20, overlap=2, repeat_share=0.3, repeat_distance=2, typicality_after_yes=True
    )
    for name, every in (("ann-0", 2), ("ann-1", 3)):
        judge_all(participant(made, name), every)
    assert Judgment.objects.filter(kind="repeat").count() > 2
    check = figures_check(made)
    assert (check.differences, check.compared["repeats"] > 10) == ([], True)


def test_revisions_without_a_reveal_are_the_control(db: None) -> None:
    made = study(run=finished_run(10), items=20, overlap=2, audit_share=0.5, typicality_after_yes=True)
    for name, every in (("ann-0", 2), ("ann-1", 3)):
        judge_all(participant(made, name), every)
    for judgment in Judgment.objects.order_by("pk")[:12]:
        revise(judgment, 1 - judgment.plausibility)
    held_back = Judgment.objects.filter(audit_asked=False).count()
    counted = PANELS["anchoring"].numbers(Live(Asked(made)))
    assert counted.held_back == held_back > 0
    assert PANELS["anchoring"].numbers(Live(Asked(made, Selection(since=date(2000, 1, 1))))) == counted  # read
    assert figures_check(made).differences == []


def test_nothing_differs_before_the_first_judgment(db: None) -> None:
    assert figures_check(study()).differences == []


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    """Two strata of unequal weight, three annotators, a fourth who is excluded, some items not judged by all."""
    made = study(run=finished_run(10, kept_every=4), items=12, overlap=3, strata=["verdict"])
    judge(participant(made, "out"), 0, 1)
    Participant.objects.update(state="excluded")
    call_command("recompute", "S")
    judge(participant(made, "early"), 0, 1, right=False)
    study_simulate(study=made, annotators=[participant(made, f"ann-{i}").annotator for i in range(2)])
    return made


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def test_nothing_differs(judged: Study, capsys: pytest.CaptureFixture) -> None:
    check = figures_check(judged)
    assert (check.numbers > 700, check.differences) == (True, [])
    call_command("check_figures", "S")
    assert f"{check.numbers:,} of {check.numbers:,} numbers are those of the CSV" in capsys.readouterr().out


def test_a_wrong_tally_is_found(judged: Study, capsys: pytest.CaptureFixture) -> None:
    item = Item.objects.filter(n_judged__gt=0).first()
    Item.objects.filter(pk=item.pk).update(plausibility_tally=item.plausibility_tally + 1)
    with pytest.raises(CommandError, match="differ from the export"):
        call_command("check_figures", "S", json=True)
    differing = {each["figure"] for each in json.loads(capsys.readouterr().out)["differences"]}
    assert {"judgments", "answers.plausibility"} <= differing


def test_a_file_exported_before_is_compared_with_what_is_shown_now(judged: Study, tmp_path: Path) -> None:
    path = tmp_path / "judgments.csv"
    path.write_bytes(b"".join(judgments_csv(judged)))
    call_command("check_figures", "S", csv=path)
    judge(participant(judged, "late"), 1, 3)
    with pytest.raises(CommandError, match="differ"):
        call_command("check_figures", "S", csv=path)


@pytest.mark.parametrize(("content", "said"), [(b"item,annotator\n", "missing"), (b"\xff", "not UTF-8")])
def test_a_file_that_is_no_export(judged: Study, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "judgments.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        call_command("check_figures", "S", csv=path)


def test_unknown_study_and_file(judged: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("check_figures", "nowhere")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("check_figures", "S", csv=tmp_path / "nowhere")
