"""The judgments for download, by page and command, each with its manifest."""

import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotation.exchange.exports import rows as export_rows
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start, manifest
from annotation.exchange.exports.streams import judgments_csv
from annotation.models import ExportRecord, Judgment, Study
from common import copying
from tests.annotation.exchange.files import study_of_four

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_of_four()


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def text(made: Study) -> str:
    return b"".join(judgments_csv(made)).decode()


def test_the_page_streams_the_same_bytes(as_researcher: Client, judged: Study) -> None:
    answer = as_researcher.get(reverse("study-export", args=[judged.pk]))
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="s-judgments.csv"'
    assert b"".join(answer.streaming_content).decode() == text(judged)


def test_the_page_s_manifest_says_what_the_file_is(as_researcher: Client, judged: Study) -> None:
    asked = {"format": "jsonl", "rows": "revisions", "since": "2020-01-01"}
    answer = as_researcher.get(reverse("study-export", args=[judged.pk]), asked)
    content = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="s-judgments.jsonl"'
    told = as_researcher.get(re.match('<(.*)>; rel="describedby"', answer["Link"])[1]).json()
    assert (told["row_count"], told["sha256"]) == (4, hashlib.sha256(content).hexdigest())
    assert (told["rows"], told["filters"], told["complete"]) == ("revisions", {"since": "2020-01-01"}, True)
    assert (told["study"]["name"], told["study"]["protocol_version"]) == ("S", 1)


def test_an_export_that_was_left_is_not_complete(judged: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 100)
    record, pieces = export_start(study=judged, options=Options())
    next(pieces)
    pieces.close()
    record.refresh_from_db()
    assert (record.finished_at, manifest(record)["complete"]) == (None, False)


@pytest.mark.parametrize(
    "asked",
    [
        {"format": "xls"}, {"relation": "nonsense"}, {"since": "yesterday"}, {"run": "0"}, 
        {"password": "x", "rows": "y"},
        {"format": "label-studio", "rows": "revisions"},
    ],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused(as_researcher: Client, judged: Study, asked: dict) -> None:
    answer = as_researcher.get(reverse("study-export", args=[judged.pk]), asked)
    assert (answer.status_code, ExportRecord.objects.count()) == (400, 0)
    assert "Nothing was exported." in answer.content.decode()


def test_the_page_lists_earlier_exports(as_researcher: Client, judged: Study) -> None:
    b"".join(as_researcher.get(reverse("study-export", args=[judged.pk])).streaming_content)
    page = as_researcher.get(reverse("study-exports", args=[judged.pk])).content.decode()
    record = ExportRecord.objects.get()
    assert reverse("study-export-manifest", args=[judged.pk, record.pk]) in page
    assert "csv, judgments" in page


def test_label_studio_s_configuration_can_be_fetched_beside_its_file(as_researcher: Client, judged: Study) -> None:
    for name in ("label-studio", "csv"):
        b"".join(as_researcher.get(reverse("study-export", args=[judged.pk]), {"format": name}).streaming_content)
    tasks, csv = ExportRecord.objects.order_by("pk")
    address, none = (reverse("study-export-configuration", args=[judged.pk, each.pk]) for each in (tasks, csv))
    page = as_researcher.get(reverse("study-exports", args=[judged.pk])).content.decode()
    assert (address in page, none in page) == (True, False)
    answer = as_researcher.get(address)
    assert (answer["Content-Type"], answer.content[:6]) == ("text/xml; charset=utf-8", b"<View>")
    assert as_researcher.get(none).status_code == 404


def test_the_command_writes_label_studio_s_configuration_beside_the_file(judged: Study, tmp_path: Path) -> None:
    call_command("export_judgments", "S", output=tmp_path / "tasks.json", format="label-studio")
    told = json.loads((tmp_path / "tasks.json.manifest.json").read_text())
    assert (tmp_path / "tasks-config.xml").read_text() == told["labelling_configuration"]


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
    beside = tmp_path / "judgments.csv.manifest.json"
    assert output.read_text() == text(judged)
    assert sorted(tmp_path.iterdir()) == [output, beside]
    told = json.loads(beside.read_text())
    assert (told["row_count"], told["sha256"]) == (4, hashlib.sha256(output.read_bytes()).hexdigest())


def test_the_command_takes_formats_and_filters(judged: Study, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = {"run": "r1", "relation": judged.items.earliest("pk").relation, "since": date(2020, 1, 1)}
    call_command("export_judgments", "S", output=tmp_path / "j", format="jsonl", json=True, **options)
    told = json.loads(capsys.readouterr().out)
    assert told["row_count"] == len((tmp_path / "j").read_text().splitlines())
    assert (told["filters"]["since"], told["filters"]["run"]) == ("2020-01-01", "r1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"run": "r9"}, "no run named r9"), ({"group": "g9"}, "no group named g9"),
        ({"relation": "cause"}, "no item that these filters let through"),
        ({"json": True}, "both go to standard output"),
        ({"format": "label-studio", "revisions": True}, "ask for the revisions in another format"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_a_line(judged: Study, options: dict, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("export_judgments", "S", **options)


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
    fails = export_rows.COLUMNS | {"seconds": "1 / (j.id - (SELECT max(id) FROM annotation_judgment))"}
    monkeypatch.setattr(export_rows, "COLUMNS", fails)
    with pytest.raises(Exception, match="division by zero"), transaction.atomic():
        call_command("export_judgments", "S", output=output)
    assert output.read_text() == "older"
    assert list(tmp_path.iterdir()) == [output]


def test_the_command_refuses_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study named nowhere"):
        call_command("export_judgments", "nowhere")
