"""What the pages show can be worked out from the export, to the last digit."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from annotation.design.services import study_create
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_csv, judgments_stream
from annotation.exchange.files.cells import ImportRefused
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.shares import NAMES
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import item_next
from annotation.judging.interventions import participant_exclude
from annotation.judging.simulation import study_simulate
from annotation.judging.writing import audit_save, judgment_revise
from annotation.models import Item, Judgment, Lease, Participant, Study
from annotation.recheck.check import Check, figures_check
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(db: None) -> Study:
    """Two strata of unequal weight, three annotators, a fourth who is excluded, some items not judged by all."""
    made = study(run=finished_run(10, kept_every=4), items=12, overlap=3, strata=["verdict"])
    judge(participant(made, "out"), 0, 1)
    Participant.objects.update(state="excluded")
    call_command("recompute", "S")
    judge(participant(made, "early"), 0, 1, right=False)
    study_simulate(study=made, annotators=[participant(made, f"ann-{i}").annotator for i in range(2)])
    return made


@pytest.fixture
def large(db: None) -> Study:
    """Two runs, p(yes) all over, two judgments each and so ties, typicality only after a yes, over three days."""
    runs = [finished_run(20, name="one", kept_every=3), finished_run(name="two", relations="usedFor,cause")]
    made = study_create(name="S", runs=runs, items=60, overlap=2, strata=["verdict", "relation"],
                        typicality_after_yes=True)  # fmt: skip
    for i, item in enumerate(made.items.order_by("pk")):
        p_yes = None if i % 10 == 0 else (37 * i % 101 + 0.1234) / 102
        Item.objects.filter(pk=item.pk).update(p_yes=p_yes, category=f"Category {i % 4}")
    for name, every in (("ann-0", 2), ("ann-1", 3), ("ann-2", 4)):
        _judge_all(participant(made, name), every)
    for judgment in Judgment.objects.all():
        earlier = timezone.now() - timedelta(days=judgment.pk % 3)
        Judgment.objects.filter(pk=judgment.pk).update(created_at=earlier, active_seconds=judgment.pk % 17 + 0.25)
    participant(made, "idle")
    call_command("recompute", "S")
    return made


def _judge_all(who: Participant, every: int) -> None:
    """A no for each `every`-th; of 25 items at most."""
    for i in range(25):
        if not isinstance(lease := item_next(participant=who), Lease):
            return
        judgment = save(lease, int(i % every > 0), i % 4 if i % every else None)
        if judgment.audit_asked:
            audit_save(participant=who, judgment_id=judgment.pk, filter_right=i % 5 > 0)


def _revise(judgment: Judgment, plausibility: int) -> None:
    typicality = 1 if plausibility else None
    judgment_revise(participant=judgment.participant, judgment_id=judgment.pk, submission=uuid4(),
                    plausibility=plausibility, typicality=typicality)  # fmt: skip


def _exported(made: Study) -> bytes:
    return b"".join(judgments_csv(made))


def _changed(exported: bytes, change: Callable[[list[dict]], None]) -> io.BytesIO:
    rows = list(csv.DictReader(io.StringIO(exported.decode())))
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode())


def _where(check: Check) -> set[str]:
    return {each.figure.split(".")[0] for each in check.differences}


def test_nothing_differs(judged: Study, capsys: pytest.CaptureFixture) -> None:
    check = figures_check(judged)
    assert (check.numbers > 700, check.differences) == (True, [])
    call_command("check_figures", "S")
    assert f"{check.numbers:,} of {check.numbers:,} numbers are those of the CSV" in capsys.readouterr().out


def test_each_panel_is_worked_out_anew(large: Study) -> None:
    check = figures_check(large)
    assert check.differences == []
    switched = {f"{panel.name} by {by}" for panel in PANELS.values() if panel.has_switch for by in NAMES}
    others = {panel.name for panel in PANELS.values() if not panel.has_switch}
    assert set(check.compared) == {"figures", "latent truth", *switched, *others} - {"p_yes"}
    assert min(check.compared.values()) >= 4


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


def test_repeats_are_worked_out_anew(db: None) -> None:
    made = study(
        run=finished_run(10), items=20, overlap=2, repeat_share=0.3, repeat_distance=2, typicality_after_yes=True
    )
    for name, every in (("ann-0", 2), ("ann-1", 3)):
        _judge_all(participant(made, name), every)
    assert Judgment.objects.filter(kind="repeat").count() > 2
    check = figures_check(made)
    assert (check.differences, check.compared["repeats"] > 10) == ([], True)


def test_what_a_csv_can_not_know_is_named(large: Study) -> None:
    said = figures_check(large, io.BytesIO(_exported(large))).not_in_csv
    assert {"figures: items", "figures: wanted", "progress: untouched", "annotators: people.gold"} <= set(said)
    assert any(each.startswith("anchoring: the CSV has no revisions") for each in said)


def test_revisions_are_set_against_the_verdict(large: Study) -> None:
    first, second, *_ = large.items.first().judgments.all()
    for judgment, plausibility in ((first, 0), (first, 1), (second, 0)):
        _revise(judgment, plausibility)
    check = figures_check(large)
    assert (check.differences, check.compared["anchoring"]) == ([], 26)


def test_revisions_without_a_reveal_are_the_control(db: None) -> None:
    made = study(run=finished_run(10), items=20, overlap=2, audit_share=0.5, typicality_after_yes=True)
    for name, every in (("ann-0", 2), ("ann-1", 3)):
        _judge_all(participant(made, name), every)
    for judgment in Judgment.objects.order_by("pk")[:12]:
        _revise(judgment, 1 - judgment.plausibility)
    held_back = Judgment.objects.filter(audit_asked=False).count()
    assert PANELS["anchoring"].numbers(Live(Asked(made))).held_back == held_back > 0
    assert figures_check(made).differences == []


def test_moves_are_not_known_while_an_audit_is_unanswered(large: Study) -> None:
    _revise(Judgment.objects.first(), 0)
    save(item_next(participant=participant(large, "late")))
    check = figures_check(large)
    assert check.differences == []
    assert any(each.startswith("anchoring: 1 verdicts were revealed") for each in check.not_in_csv)


def test_what_is_read_of_some_items_is_named(large: Study) -> None:
    Participant.objects.filter(annotator__username="idle").update(n_judged=150_000)
    check = figures_check(large)
    assert "joint: of 1 in 2 items, and the CSV does not say which" in check.not_in_csv
    name = participant(large, "idle").pseudonym
    assert [each.figure for each in check.differences] == ["annotators", f"annotators.people.{name}.judgments"]


def test_nothing_differs_before_the_first_judgment(db: None) -> None:
    assert figures_check(study()).differences == []


def test_a_wrong_tally_is_found(judged: Study, capsys: pytest.CaptureFixture) -> None:
    item = Item.objects.filter(n_judged__gt=0).first()
    Item.objects.filter(pk=item.pk).update(plausibility_tally=item.plausibility_tally + 1)
    with pytest.raises(CommandError, match="differ from the export"):
        call_command("check_figures", "S", json=True)
    differing = {each["figure"] for each in json.loads(capsys.readouterr().out)["differences"]}
    assert {"judgments", "answers.plausibility"} <= differing


def test_a_wrong_tally_is_found_in_each_panel_that_shows_it(large: Study) -> None:
    # One yes and one no, a tie, become two yes.
    item = large.items.filter(plausibility_tally=1 + (1 << 7), filter_yes=True).first()
    Item.objects.filter(pk=item.pk).update(plausibility_tally=2 << 7)
    panels = {"plausibility by category", "plausibility by run", "confusion", "agreement", "threshold", "calibration"}
    found = _where(figures_check(large))
    assert panels | {"ceiling", "filter", "rates"} <= found
    assert not found & {"agreement_by_judgments", "joint", "progress", "typicality by run"}


def test_a_wrong_tally_of_a_judgment_is_found_in_the_panel_of_moments(large: Study) -> None:
    judgment = Judgment.objects.filter(tally=2).first()
    Judgment.objects.filter(pk=judgment.pk).update(tally=2 << 7)
    assert _where(figures_check(large)) == {"agreement_by_judgments"}


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

    found = _where(figures_check(large, _changed(_exported(large), change)))
    assert panel in found


def _revisions(made: Study) -> bytes:
    return b"".join(judgments_stream(Rows(made, Options(revisions=True))))


def test_rows_in_any_order_give_the_same(large: Study) -> None:
    first, second, *_ = large.items.first().judgments.all()
    for judgment, plausibility in ((first, 0), (first, 1), (second, 0)):
        _revise(judgment, plausibility)
    straight = figures_check(large)
    for seed in range(3):
        shuffled = _changed(_revisions(large), Random(seed).shuffle)
        check = figures_check(large, shuffled)
        assert (check.differences, check.compared) == ([], straight.compared)


def test_a_row_that_is_there_twice_is_found(large: Study) -> None:
    assert "judgments" in _where(figures_check(large, _changed(_exported(large), lambda rows: rows.append(rows[0]))))
    with pytest.raises(ImportRefused, match="a revision of a judgment is there twice"):
        figures_check(large, _changed(_revisions(large), lambda rows: rows.append(rows[0])))


def test_an_item_that_is_two_things_is_refused(large: Study) -> None:
    def change(rows: list[dict]) -> None:
        rows[1]["relation"] = "isA" if rows[0]["relation"] != "isA" else "cause"

    with pytest.raises(ImportRefused, match=r"line 3: item \d+ has relation"):
        figures_check(large, _changed(_exported(large), change))


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
