"""A file of judgments that can't be right is refused in one line, and nothing is written."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services import user_create
from annotation.models import Item, Judgment, Participant, Study
from distillation.models import Intention
from tests.annotation.exchange.files import emptied, exported, imported, rows_of, study_judged, written

pytestmark = pytest.mark.django_db

Change = Callable[[list[dict]], None]


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_judged(user_create(username="rob", password="correct-horse", role=User.Role.RESEARCHER))


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def refused(content: bytes, path: Path, **options) -> str:
    """What the command says of the file; nothing may have changed."""
    before = Judgment.objects.count(), Participant.objects.count(), User.objects.count()
    with pytest.raises(CommandError) as refusal:
        imported(content, path, **options)
    assert (Judgment.objects.count(), Participant.objects.count(), User.objects.count()) == before
    said = str(refusal.value)
    assert "\n" not in said and said.endswith(". Nothing was imported")
    return said.removeprefix(f"{path}: ").removesuffix(". Nothing was imported")


def test_items_that_say_the_same_need_their_ids(judged: Study, tmp_path: Path) -> None:
    first, second = Item.objects.filter(relation="isA", gold__isnull=True).select_related("intention")[:2]
    for item in (first, second):
        Intention.objects.filter(pk=item.intention_id).update(
            text="The same.", cobuy=first.intention.cobuy, sample=item.pk
        )
    rows = rows_of(exported(judged))
    emptied(judged)
    for row in rows:
        row["item"] = row["intention_id"] = 0
    assert "two of its items say the same" in refused(written(rows), tmp_path / "file")


def test_simulated_judgments_do_not_mix_with_people_s(judged: Study, tmp_path: Path) -> None:
    rows = rows_of(exported(judged))
    Judgment.objects.filter(participant__pseudonym=rows[-1]["annotator"]).delete()
    gone = [{**row, "simulated": "true"} for row in rows if row["annotator"] == rows[-1]["annotator"]]
    assert "can't stand beside people's" in refused(written(gone), tmp_path / "file")


def test_a_file_that_was_imported_changes_nothing(judged: Study, tmp_path: Path) -> None:
    assert "already imported" in refused(exported(judged), tmp_path / "file")
    assert "already imported" in refused(exported(judged, revisions=True), tmp_path / "file")


def _set(place: int, **cells: object) -> Change:
    return lambda rows: rows[place].update(cells)


def _twice(rows: list[dict]) -> None:
    rows.append({**rows[-1], "judged_at": "2026-01-01T00:00:00Z"})


def _seen_twice(rows: list[dict]) -> None:
    rows += [{**rows[-1], "kind": "seen", "judged_at": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2)]


def _third(rows: list[dict]) -> None:
    rows.append({**rows[-1], "annotator": "A-third"})


def _drop(name: str) -> Change:
    return lambda rows: [row.pop(name) for row in rows] and None


def _add(name: str) -> Change:
    return lambda rows: [row.update({name: "x"}) for row in rows] and None


# Of the twelve rows that count the fifth, in line 6, or the last.
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_add("mood"), "unknown columns mood"),
        (_drop("annotator"), "column annotator missing"),
        (_set(4, item=999, intention_id=999, asin_a="X"), "line 6: item 999 is not among the items of study S"),
        (_set(4, intention="Another."), "is it a file of another study?"),
        (_twice, "a second time"),
        (_third, "has room for 2 of 2 judgments here, and the file brings 3"),
        (_set(4, plausibility="2"), "line 6: plausibility '2' is none of 0, 1"),
        (_set(4, typicality="-1"), "line 6: typicality '-1' is none of 0, 1, 2, 3"),
        (_set(4, typicality=""), "line 6: typicality '' is none of 0, 1, 2, 3"),
        (_set(4, audit="maybe"), "line 6: audit 'maybe' is neither right nor wrong"),
        (_set(4, judged_at="yesterday"), "line 6: judged_at 'yesterday' is no time"),
        (_set(4, judged_at="2026-01-01T00:00:00"), "is no time with its zone"),
        (_set(4, seconds="inf"), "line 6: seconds 'inf' is no number"),
        (_set(4, item=str(2**70)), "is no whole number"),
        (_set(4, annotator="x" * 21), "is no name of 1 to 20 signs"),
        (_set(4, kind="gold"), "kind gold does not fit item"),
        (_set(4, counts="false"), "counts in some rows and not in others"),
        (_set(4, role="king"), "line 6: role 'king' is none of annotator, researcher, administrator"),
        (_set(4, had_seen="dream"), "line 6: had_seen 'dream' is none of role, page, api, file"),
        (_seen_twice, "a second time"),
        (_set(4, study_version="40000"), "line 6: study_version '40000' is no version"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_right_is_refused(judged: Study, tmp_path: Path, change: Change, said: str) -> None:
    rows = [row | {"comment": ""} for row in rows_of(exported(judged)) if row["counts"] == "true"]
    emptied(judged)
    change(rows)
    assert said in refused(written(rows), tmp_path / "file.csv")


def test_who_has_judged_an_item_in_the_study_does_not_again(judged: Study, tmp_path: Path) -> None:
    rows = rows_of(exported(judged))
    last = next(row for row in reversed(rows) if row["kind"] == "item")
    last["judged_at"] = "2026-01-01T00:00:00Z"
    assert "has judged item" in refused(written([last]), tmp_path / "file")


def test_excluded_here_and_counting_there(judged: Study, tmp_path: Path) -> None:
    rows = rows_of(exported(judged))
    Judgment.objects.all().delete()
    judged.participants.update(state="excluded")
    assert "is excluded in this study" in refused(written(rows), tmp_path / "file")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda it: it.replace(b"Reason", b"Rea\0son", 1), "line 2 holds a NUL"),
        (lambda it: it.replace(b"Reason", b"Rea\xffson", 1), "line 2 is not UTF-8"),
        (lambda it: it.replace(b"Reason", b"Rea\xed\xa0\x80son", 1), "line 2 is not UTF-8"),
        (lambda it: it.replace(b"Reason", b"R" * 2_000_000, 1), "line 2 is longer than 1,048,576 bytes"),
        (lambda it: it[:-40], "cells, the header 45"),
        (lambda it: it + b'"', "is no CSV"),
        (lambda it: gzip.compress(it)[:-20], "it is cut short or broken"),
        (lambda it: it.splitlines()[0], "there is no judgment in it"),
        (lambda it: b"", "columns item, run"),
    ],
)
def test_a_broken_csv_is_refused(judged: Study, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str) -> None:
    assert said in refused(spoil(exported(judged)), tmp_path / "file")


@pytest.mark.parametrize(
    ("form", "spoil", "said"),
    [
        ("jsonl", lambda it: it[:-30], "is no JSON"),
        ("jsonl", lambda it: it.replace(b"Reason", rb"Rea\ud800son", 1), "line 1 is no JSON"),
        ("jsonl", lambda it: it.replace(b"Reason", rb"Rea\u0000son", 1), "line 1: "),
        ("jsonl", lambda it: b"[1]\n" + it, "is no task of Label Studio"),
        ("jsonl", lambda it: it + b"[1]\n", "is no JSON object"),
        ("jsonl", lambda it: it.replace(b'"annotator":"A', b'"annotator":["A"],"comment":"A', 1), "annotator ['A']"),
        ("parquet", lambda it: it[:-20], "it is no whole Parquet file"),
        ("parquet", lambda it: it[:200] + bytes(50) + it[250:], "it is no whole Parquet file"),
        ("label-studio", lambda it: it[:-30], "is no JSON, or the file is cut short there"),
        ("label-studio", lambda it: it.replace(b'"Yes"', b'"Maybe"', 1), "plausibility 'Maybe' is none of 0, 1"),
        ("label-studio", lambda it: it.replace(b"Reason", rb"Rea\ud800son", 1), "task 1: "),
    ],
)
def test_so_is_a_broken_file_of_another_format(
    judged: Study, tmp_path: Path, form: str, spoil: Callable[[bytes], bytes], said: str
) -> None:
    assert said in refused(spoil(exported(judged, form)), tmp_path / "file")


def test_a_file_that_is_not_there(judged: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_judgments", "S", tmp_path / "nowhere")
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("import_judgments", "nowhere", tmp_path / "nowhere")


def test_of_two_rows_that_will_not_do_the_first_is_told(judged: Study, tmp_path: Path) -> None:
    head, *lines = exported(judged).splitlines(keepends=True)
    emptied(judged)
    odd, cut = rows_of(head + lines[1])[0] | {"judged_at": "yesterday"}, b"cut,short\r\n"
    content = written([rows_of(head + lines[0])[0], odd]) + cut
    assert refused(content, tmp_path / "file").startswith("line 3: judged_at 'yesterday' is no time")
