import io
import json
import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from annotation.exchange.exports import rows as export_rows
from annotation.exchange.exports.streams import judgments_csv
from annotation.judging.allocation import item_next
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.writing import judgment_revise
from annotation.models import Judgment, Study
from annotation.selection import Selection
from common import copying
from distillation.models import Intention
from tests.annotation.builders import judge, participant, save, study
from tests.annotation.exchange.files import exported, rows_of, study_of_four
from tests.distillation.builders import finished_run
from tests.distillation.data_sets import DEMO, OWN, two_data_sets

pytestmark = pytest.mark.django_db

COLUMNS = (
    "study,item,intention_id,run,backend,model,asin_a,asin_b,relation,intention,annotator,plausibility,typicality,"
    "verdict,p_yes,strictness,filter,audit,audit_reason,comment,kind,counts,study_version,seconds,active_seconds,"
    "left_product,picture_left,picture_right,size_left,size_right,enlarged,seconds_in_view,device,orientation,stratum,"
    "inclusion_probability,category,bought_year,bought_month,simulated,judged_at,audited_at,role,had_seen,was_kind"
)


def text(made: Study) -> str:
    return b"".join(judgments_csv(made)).decode()


def rows(made: Study) -> list[dict]:
    return rows_of(b"".join(judgments_csv(made)))


def rows_with(made: Study, **options) -> list[dict]:
    return rows_of(exported(made, **options))


def test_a_study_without_judgments_is_a_header(db: None) -> None:
    assert text(study()) == COLUMNS + "\n"


def test_what_was_not_answered_is_empty(db: None) -> None:
    made = study(typicality_after_yes=True)
    save(item_next(participant=participant(made)), 0, None)
    row = rows(made)[0]
    assert (row["typicality"], row["audit"], row["audited_at"]) == ("", "", "")


@pytest.mark.parametrize(("form", "empty"), [("jsonl", b""), ("label-studio", b"[]\n")])
def test_no_judgment_no_row(db: None, form: str, empty: bytes) -> None:
    assert exported(study(), form) == empty


def test_a_row_for_each_time_that_ratings_were_given(db: None) -> None:
    """Before the reveal a change counts, after it the first ratings go on counting."""
    made = study(run=finished_run(2), items=1, overlap=2, audit_share=0)
    first = save(item_next(participant=participant(made, "ann-1")), 1, 3)
    Study.objects.update(audit_share=1)
    second = save(item_next(participant=participant(Study.objects.get(), "ann-2")), 1, 3)
    for judgment in (first, second):
        ratings = {"plausibility": 0, "typicality": 0, "submission": uuid4()}
        judgment_revise(participant=judgment.participant, judgment_id=judgment.pk, **ratings)
    columns = ("revision", "plausibility", "typicality", "after_reveal", "counts")
    assert [tuple(row[name] for name in columns) for row in rows_with(made, revisions=True)] == [
        ("0", "1", "3", "", "false"), ("1", "0", "0", "false", "true"),
        ("0", "1", "3", "", "true"), ("1", "0", "0", "true", "false"),
    ]  # fmt: skip


def test_rows_of_one_import_are_those_on_its_cobuys(tmp_path: Path) -> None:
    demo, own = two_data_sets(tmp_path)
    made = study(run=finished_run(), items=8, overlap=1)  # 4 co-buys x 2 relations
    anna = participant(made, "anna")
    for _ in range(8):
        judge(anna, 1, 2)
    for data_set, cobuys in ((demo, DEMO), (own, OWN)):
        found = rows_with(made, selection=Selection(imports=(data_set.pk,)))
        assert {" ".join(sorted((row["asin_a"], row["asin_b"]))) for row in found} == cobuys
        assert len(found) == 2 * len(cobuys)


def test_imports_of_an_export_are_checked_and_named_in_its_manifest(tmp_path: Path) -> None:
    demo, _ = two_data_sets(tmp_path)
    made = study(run=finished_run(), items=8, overlap=1)
    call_command("export_judgments", made.name, "--imports", str(demo.pk), "--output", str(tmp_path / "j.csv"))
    assert json.loads((tmp_path / "j.csv.manifest.json").read_text())["filters"] == {"imports": [demo.pk]}
    with pytest.raises(CommandError, match="There is no import 99999999"):
        call_command("export_judgments", made.name, "--imports", "99999999")


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_of_four()


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def test_one_row_for_each_judgment(judged: Study) -> None:
    ids = [(int(row["item"]), row["annotator"]) for row in rows(judged)]
    assert ids == list(Judgment.objects.order_by("item", "pk").values_list("item", "participant__pseudonym"))


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


@pytest.mark.parametrize("evil", ['commas, "quotes"', "two\nlines\r\nand more", "ünïcödé 🛒", "a\\b", "\\."])
def test_any_text_comes_back_as_it_was(judged: Study, evil: str) -> None:
    Intention.objects.update(text=evil)
    assert {row["intention"] for row in rows(judged)} == {evil}


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠SUM", " =1", "\u3000-1"]
)
def test_no_cell_is_a_formula(judged: Study, start: str) -> None:
    Intention.objects.update(text=start)
    row = rows(judged)[0]
    assert row["intention"] == f"'{start}"
    assert row["model"] == "'=rules"


def test_names_are_no_formulas_either(judged: Study) -> None:
    Study.objects.update(name="=A1")
    judged.refresh_from_db()
    judged.runs.update(name="-A1")
    assert (rows(judged)[0]["study"], rows(judged)[0]["run"]) == ("'=A1", "'-A1")


def test_an_apostrophe_that_was_there_gets_another(judged: Study) -> None:
    Intention.objects.update(text="'=1+1")
    assert rows(judged)[0]["intention"] == "''=1+1"


def test_a_file_for_machines_has_cells_as_they_are(judged: Study) -> None:
    Intention.objects.update(text="=1+1")
    row = rows_with(judged, machine=True)[0]
    assert (row["intention"], row["model"]) == ("=1+1", "=rules")


def test_times_are_utc_in_iso_whatever_the_zone_of_the_database(judged: Study) -> None:
    saved = Judgment.objects.earliest("pk").created_at
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Hong_Kong'")
    assert rows(judged)[0]["judged_at"] == saved.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_rows_are_passed_on_in_pieces(judged: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 100)
    pieces = list(judgments_csv(judged))
    assert len(pieces) > 3
    assert b"".join(pieces).count(b"\n") == 5  # a header and 4 judgments


def test_ranges_join_without_a_seam(judged: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = text(judged)
    monkeypatch.setattr(export_rows, "RANGE", 2)
    assert text(judged) == whole


def test_another_study_s_judgments_stay_out(judged: Study) -> None:
    other = study(run=judged.runs.get(), name="Other", items=2, overlap=1)
    judge(participant(other, "ann-9"))
    assert len(rows(other)) == 1
    assert len(rows(judged)) == 4


def test_json_lines_hold_the_same_with_types(judged: Study) -> None:
    first = json.loads(exported(judged, "jsonl").splitlines()[0])
    assert ",".join(first) == COLUMNS
    assert (first["plausibility"], first["typicality"], first["counts"], first["comment"]) == (1, 3, True, None)
    assert {name: "" if value is None else str(value) for name, value in first.items()} == {
        **rows_with(judged, machine=True)[0], "counts": "True", "simulated": "False",
        **{name: str(first[name]) for name in ("p_yes", "strictness", "inclusion_probability")},
    }  # fmt: skip


@pytest.mark.parametrize("evil", ["two\nlines\r\nand more", "ünïcödé 🛒", "a\\b", "\\.", '"', "\x01\x02"])
def test_any_text_comes_through_json_lines_and_parquet(judged: Study, evil: str) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    Intention.objects.update(text=evil)
    lines = exported(judged, "jsonl").decode().split("\n")[:-1]
    assert {json.loads(line)["intention"] for line in lines} == {evil}
    assert set(pq.read_table(io.BytesIO(exported(judged, "parquet")))["intention"].to_pylist()) == {evil}


def test_parquet_has_columns_of_their_types(judged: Study) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(io.BytesIO(exported(judged, "parquet")))
    assert ",".join(table.column_names) == COLUMNS
    types = {name: str(table.schema.field(name).type) for name in ("plausibility", "p_yes", "counts", "judged_at")}
    assert types == {"plausibility": "int64", "p_yes": "double", "counts": "bool", "judged_at": "timestamp[us, tz=UTC]"}
    times = Judgment.objects.order_by("item", "pk").values_list("created_at", flat=True)
    assert table["judged_at"].to_pylist() == list(times)


def test_label_studio_has_a_task_for_each_item(judged: Study) -> None:
    tasks = json.loads(exported(judged, "label-studio"))
    assert [task["id"] for task in tasks] == sorted(judged.items.values_list("pk", flat=True))
    annotation = tasks[0]["annotations"][0]
    said = {result["from_name"]: result["value"] for result in annotation["result"]}
    assert said["plausibility"] == {"choices": ["Yes"]}
    assert said["typicality"] == {"choices": ["Very"]}
    assert said["audit"] == {"choices": ["wrong"]}
    assert annotation["completed_by"]["email"].endswith("@annotators.invalid")


def test_label_studio_has_what_was_typed_to_the_letter(judged: Study) -> None:
    typed = 'a "word",\n\tand \\ back, é'
    Judgment.objects.update(comment=typed)
    [task, *_] = json.loads(exported(judged, "label-studio"))
    said = {result["from_name"]: result["value"] for result in task["annotations"][0]["result"]}
    assert said["comment"] == {"text": [typed]}


def test_filters_are_those_of_the_figures(judged: Study, researcher: User) -> None:
    item = judged.items.earliest("pk")
    assert len(rows_with(judged, selection=Selection(relation=item.relation))) == 2 * judged.items.filter(
        relation=item.relation
    ).count()  # fmt: skip
    Judgment.objects.filter(pk=Judgment.objects.earliest("pk").pk).update(created_at="2026-03-01T23:59:59Z")
    day = Selection(since=date(2026, 3, 1), until=date(2026, 3, 1))
    assert len(rows_with(judged, selection=day)) == 1


def test_excluded_annotators_stay_in_and_do_not_count(judged: Study, researcher: User) -> None:
    participant_exclude(participant=participant(judged, "ann-1"), reason="a test", by=researcher)
    assert sorted(row["counts"] for row in rows(judged)) == ["false", "false", "true", "true"]
    assert {row["counts"] for row in rows_with(judged, selection=Selection(with_excluded=True))} == {"true"}
