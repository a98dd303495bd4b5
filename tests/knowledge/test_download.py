"""The download part of the knowledge base's page."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from common import copying
from distillation.models import Intention, Run
from knowledge.exports.selection import Selection
from knowledge.exports.streaming import intentions_pieces
from tests.distillation.builders import finished_run
from tests.distillation.data_sets import DEMO, two_data_sets

pytestmark = pytest.mark.django_db

PAGE, DOWNLOAD = reverse("knowledge"), reverse("knowledge-download")


@pytest.fixture
def run(db: None) -> Run:
    """3 co-buys x isA, usedFor: those of isA are kept."""
    return finished_run(3)


def test_the_page_offers_the_chosen_run_with_its_filters(as_researcher: Client, run: Run) -> None:
    assert "Choose a run above" in as_researcher.get(PAGE).content.decode()
    page = as_researcher.get(PAGE, {"run": "r1", "verdict": "kept", "relation": "isA"}).content.decode()
    part = page[page.index('id="download"') :]
    assert '<input type="hidden" name="run" value="r1">' in part
    assert '<option value="isA" selected>' in part
    assert 'id="download-kept" checked' in part


def test_it_is_streamed_in_both_formats(as_researcher: Client, run: Run) -> None:
    asked = {"run": "r1", "kept": "on", "relation": "", "human": "", "threshold": ""}
    answer = as_researcher.get(DOWNLOAD, asked | {"format": "jsonl"})
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="r1-intentions.jsonl"'
    rows = [json.loads(line) for line in b"".join(answer).split(b"\n")[:-1]]
    assert [row["relation"] for row in rows] == ["isA"] * 3
    data = b"".join(as_researcher.get(DOWNLOAD, asked | {"format": "csv"})).decode()
    assert [int(row["id"]) for row in csv.DictReader(io.StringIO(data))] == [row["id"] for row in rows]


def test_csv_for_excel_is_marked_and_may_have_semicolons(as_researcher: Client, run: Run) -> None:
    plain, comma, semicolon = (
        b"".join(as_researcher.get(DOWNLOAD, {"run": "r1", "format": "csv", "excel": excel}))
        for excel in ("", "comma", "semicolon")
    )
    assert comma == b"\xef\xbb\xbf" + plain
    rows = list(csv.DictReader(io.StringIO(semicolon.decode("utf-8-sig")), delimiter=";"))
    assert {row["p_yes"] for row in rows} == {"0,9", "0,2"}
    assert [row["id"] for row in rows] == [row["id"] for row in csv.DictReader(io.StringIO(plain.decode()))]


def test_excel_reads_no_json_lines(as_researcher: Client, run: Run) -> None:
    answer = as_researcher.get(DOWNLOAD, {"run": "r1", "format": "jsonl", "excel": "comma"})
    assert answer.status_code == 400
    assert "For Excel there is CSV with comma or semicolon" in answer.content.decode()


def test_the_command_writes_for_excel_too(run: Run, tmp_path: Path) -> None:
    asked = {"format": "csv", "excel": "semicolon", "output": str(tmp_path / "k.csv")}
    call_command("export_intentions", "r1", **asked)
    assert (tmp_path / "k.csv").read_bytes().startswith(b"\xef\xbb\xbfid;run;")
    with pytest.raises(CommandError, match="For Excel there is CSV"):
        call_command("export_intentions", "r1", **asked | {"format": "jsonl"})


@pytest.mark.django_db(transaction=True)
def test_who_stops_reading_leaves_the_database_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 1)
    finished_run(3)
    pieces = intentions_pieces(Selection.checked(run="r1"), "csv")
    assert next(pieces).startswith(b"id,run,")
    pieces.close()
    assert (Run.objects.count(), connection.in_atomic_block) == (1, False)


def test_csv_of_the_page_is_for_spreadsheets(as_researcher: Client, run: Run) -> None:
    Intention.objects.update(text="=1+1")
    data = b"".join(as_researcher.get(DOWNLOAD, {"run": "r1", "format": "csv"})).decode()
    assert {row["intention"] for row in csv.DictReader(io.StringIO(data))} == {"'=1+1"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"run": ""}, "run: choose one above first."),
        ({"run": "none"}, "There is no run named none"),
        ({"run": "\x00"}, "run: Null characters are not allowed."),
        ({"format": "parquet"}, "format: Select a valid choice."),
        ({"threshold": "2"}, "threshold: Ensure this value is less than or equal to 1."),
        ({"threshold": "nan"}, "threshold: Enter a number."),
        ({"relation": "none"}, "Unknown relation"),
        ({"human": "judged"}, "Run r1 has no intention that these filters let through"),
    ],
)
def test_what_cannot_be_had_is_said_on_the_page(as_researcher: Client, run: Run, changed: dict, words: str) -> None:
    answer = as_researcher.get(DOWNLOAD, {"run": "r1", "format": "csv", **changed})
    assert answer.status_code == 400
    assert answer.context["problem"].startswith(words)


def test_a_runs_page_leads_to_its_intentions(as_researcher: Client, run: Run) -> None:
    page = as_researcher.get(reverse("run-detail", args=["r1"])).content.decode()
    assert f'href="{PAGE}?run=r1"' in page


def test_a_download_of_one_import_has_its_intentions(as_researcher: Client, tmp_path: Path) -> None:
    demo, _ = two_data_sets(tmp_path)
    finished_run()  # 4 co-buys x 2 relations
    assert f'name="imports" value="{demo.pk}"' in as_researcher.get(PAGE, {"run": "r1"}).content.decode()
    answer = as_researcher.get(DOWNLOAD, {"run": "r1", "format": "jsonl", "imports": [demo.pk]})
    rows = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert ({" ".join(sorted((row["asin_a"], row["asin_b"]))) for row in rows}, len(rows)) == (DEMO, 2 * 2)
    refused = as_researcher.get(DOWNLOAD, {"run": "r1", "format": "jsonl", "categories": "Toys"})
    assert (refused.status_code, "No product is of the category" in refused.content.decode()) == (400, True)
