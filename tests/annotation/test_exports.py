import csv
import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from annotation import exports
from annotation.allocation import item_next
from annotation.exports import judgments_csv
from annotation.models import Judgment, Study
from distillation.models import Intention
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

COLUMNS = (
    "study,item,intention_id,run,backend,model,asin_a,asin_b,relation,intention,annotator,plausibility,typicality,"
    "verdict,p_yes,strictness,filter,audit,audit_reason,comment,kind,counts,study_version,seconds,active_seconds,"
    "left_product,stratum,inclusion_probability,category,simulated,judged_at,audited_at"
)


@pytest.fixture
def judged(db: None) -> Study:
    made = study(run=finished_run(2, model="=rules"), items=2, overlap=2)
    for name in ("ann-1", "ann-2"):
        for _ in range(2):
            judge(participant(made, name), 1, 3, right=False)
    return made


def text(made: Study) -> str:
    return b"".join(judgments_csv(made)).decode()


def rows(made: Study) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text(made), newline="")))


def test_one_row_for_each_judgment(judged: Study) -> None:
    ids = [(int(row["item"]), row["annotator"]) for row in rows(judged)]
    assert ids == list(Judgment.objects.order_by("pk").values_list("item", "participant__pseudonym"))


def test_columns_are_those_of_the_vocabulary(judged: Study) -> None:
    assert text(judged).splitlines()[0] == COLUMNS


def test_a_row_holds_what_was_judged_and_said(judged: Study) -> None:
    row, judgment = rows(judged)[0], Judgment.objects.select_related("item__intention__cobuy").earliest("pk")
    cobuy = judgment.item.intention.cobuy
    assert (row["asin_a"], row["asin_b"], row["run"]) == (cobuy.a.asin, cobuy.b.asin, "r1")
    assert (row["plausibility"], row["typicality"], row["audit"]) == ("1", "3", "wrong")
    assert row["left_product"] == ("a" if judgment.a_on_left else "b")
    assert float(row["inclusion_probability"]) == judgment.item.inclusion_probability == 0.5  # 2 of 4
    assert (row["verdict"], row["filter"]) in [("yes", "kept"), ("no", "rejected")]


def test_annotators_are_pseudonyms(judged: Study) -> None:
    assert "ann-1" not in text(judged)
    assert all(re.fullmatch("A-[0-9a-f]{8}", row["annotator"]) for row in rows(judged))


def test_seconds_are_never_negative(judged: Study) -> None:
    assert all(float(row["seconds"]) >= 0 for row in rows(judged))


def test_a_study_without_judgments_is_a_header(db: None) -> None:
    assert text(study()) == COLUMNS + "\n"


def test_what_was_not_answered_is_empty(db: None) -> None:
    made = study(typicality_after_yes=True)
    save(item_next(participant=participant(made)), 0, None)
    row = rows(made)[0]
    assert (row["typicality"], row["audit"], row["audited_at"]) == ("", "", "")


@pytest.mark.parametrize("evil", ['commas, "quotes"', "two\nlines\r\nand more", "ünïcödé 🛒", "a\\b", "\\."])
def test_any_text_comes_back_as_it_was(judged: Study, evil: str) -> None:
    Intention.objects.update(text=evil)
    assert {row["intention"] for row in rows(judged)} == {evil}


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(judged: Study, start: str) -> None:
    Intention.objects.update(text=start)
    row = rows(judged)[0]
    assert row["intention"] == f"'{start}"
    assert row["model"] == "'=rules"


def test_names_are_no_formulas_either(judged: Study) -> None:
    Study.objects.update(name="=A1")
    judged.runs.update(name="-A1")
    assert (rows(judged)[0]["study"], rows(judged)[0]["run"]) == ("'=A1", "'-A1")


def test_times_are_utc_in_iso_whatever_the_zone_of_the_database(judged: Study) -> None:
    saved = Judgment.objects.earliest("pk").created_at
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Hong_Kong'")
    assert rows(judged)[0]["judged_at"] == saved.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_rows_are_passed_on_in_pieces(judged: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 100)
    pieces = list(judgments_csv(judged))
    assert len(pieces) > 3
    assert b"".join(pieces).count(b"\n") == 5  # a header and 4 judgments


def test_the_page_streams_the_same_bytes(as_researcher: Client, judged: Study) -> None:
    answer = as_researcher.get(reverse("study-export", args=[judged.pk]))
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="s-judgments.csv"'
    assert b"".join(answer.streaming_content).decode() == text(judged)


def test_a_reader_who_leaves_harms_nobody(judged: Study) -> None:
    pieces = judgments_csv(judged)
    next(pieces)
    pieces.close()
    assert Judgment.objects.count() == 4


def test_the_command_writes_to_standard_output(judged: Study, capfdbinary: pytest.CaptureFixture) -> None:
    call_command("export_judgments", "S")
    assert capfdbinary.readouterr().out.decode() == text(judged)


def test_the_command_writes_a_file(judged: Study, tmp_path: Path) -> None:
    output = tmp_path / "judgments.csv"
    output.write_text("older")
    call_command("export_judgments", "S", output=output)
    assert output.read_text() == text(judged)
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("where", ["missing/judgments.csv", "file/judgments.csv", "folder"])
def test_where_nothing_can_be_written_the_command_says_so(judged: Study, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError, match="can't be written") as refusal:
        call_command("export_judgments", "S", output=tmp_path / where)
    assert "\n" not in str(refusal.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_an_export_that_fails_half_way_leaves_the_older_file(
    judged: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "judgments.csv"
    output.write_text("older")
    monkeypatch.setattr(exports, "_SQL", "COPY (SELECT 1 / (i - 3) FROM generate_series(1, %s + 9) i) TO STDOUT")
    with pytest.raises(Exception, match="division by zero"):
        call_command("export_judgments", "S", output=output)
    assert output.read_text() == "older"
    assert list(tmp_path.iterdir()) == [output]


def test_the_command_refuses_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("export_judgments", "nowhere")
