"""Judgments and intentions as files, through the API."""

import csv
import hashlib
import io
import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotation.models import ExportRecord, Study
from api.models import Scope
from distillation.models import Intention, Run
from tests.annotation.builders import judge, participant, rate_all, study
from tests.api.builders import program
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


@pytest.fixture
def judged(db: None) -> Study:
    """Two items of isA with a judgment each."""
    made = study(run=finished_run(2, relations="isA"), items=2, overlap=1)
    who = participant(made)
    judge(who), judge(who)
    return made


def got(client: Client, address: str) -> bytes:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    return b"".join(answer)


def refused(client: Client, address: str) -> str:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 400
    return answer.json()["detail"]


def lines(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def test_every_format_holds_the_same_judgments(rosa: Client, judged: Study) -> None:
    export = f"studies/{judged.pk}/export"
    items = [row["item"] for row in lines(got(rosa, f"{export}?format=jsonl"))]
    assert len(items) == 2
    assert [int(row["item"]) for row in csv.DictReader(io.StringIO(got(rosa, export).decode()))] == items
    table = pq.read_table(io.BytesIO(got(rosa, f"{export}?format=parquet")))
    assert table.column("item").to_pylist() == items
    tasks = json.loads(got(rosa, f"{export}?format=label-studio"))
    assert [task["data"]["item"] for task in tasks] == items


def test_the_link_leads_to_the_manifest_of_the_file(rosa: Client, judged: Study) -> None:
    answer = rosa.get(f"/api/v1/studies/{judged.pk}/export?format=jsonl&relation=isA")
    address = answer["Link"].partition(">")[0].removeprefix("<")
    assert rosa.get(address).json()["complete"] is False
    data = b"".join(answer)
    told = rosa.get(address).json()
    assert (told["complete"], told["row_count"], told["filters"]) == (True, 2, {"relation": "isA"})
    assert told["sha256"] == hashlib.sha256(data).hexdigest()
    assert ExportRecord.objects.get().created_by.username == "rosa"


def test_the_plain_csv_is_recorded_too(rosa: Client, judged: Study) -> None:
    data = got(rosa, f"studies/{judged.pk}/judgments.csv")
    assert ExportRecord.objects.get().sha256 == hashlib.sha256(data).hexdigest()


def test_a_manifest_belongs_to_its_study(rosa: Client, judged: Study) -> None:
    got(rosa, f"studies/{judged.pk}/export")
    other = study(name="T", run=judged.runs.get(), items=2)
    assert rosa.get(f"/api/v1/studies/{other.pk}/exports/{ExportRecord.objects.get().pk}").status_code == 404


def test_judgments_are_chosen_by_run_group_and_days(rosa: Client, judged: Study) -> None:
    team, today = Group.objects.create(name="team"), timezone.localdate()
    export, tomorrow = f"studies/{judged.pk}/export?format=jsonl", today + timedelta(days=1)
    counts = [
        len(lines(got(rosa, f"{export}&{chosen}")))
        for chosen in ("run=r1", "group=team", f"since={today}", f"since={tomorrow}", f"until={today}")
    ]
    assert counts == [2, 0, 2, 0, 2]
    User.objects.get(username="ann-1").groups.add(team)
    assert len(lines(got(rosa, f"{export}&group=team"))) == 2


def test_cells_are_neutral_unless_a_machine_asks(rosa: Client, judged: Study) -> None:
    Intention.objects.update(text="=1+1")
    for asked, cell in (("", "'=1+1"), ("?machine=true", "=1+1")):
        rows = csv.DictReader(io.StringIO(got(rosa, f"studies/{judged.pk}/export{asked}").decode()))
        assert {row["intention"] for row in rows} == {cell}


def test_revisions_have_their_columns(rosa: Client, judged: Study) -> None:
    rows = lines(got(rosa, f"studies/{judged.pk}/export?format=jsonl&rows=revisions"))
    assert [row["revision"] for row in rows] == [0, 0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("format=xml", 'format: "xml" is not a valid choice.'),
        ("password=x", "password: This address has no such parameter"),
        ("run=none", "run: There is no run named none for this study"),
        ("group=none", "group: There is no group named none for this study"),
        ("category=Shoes", "Study S has no item that these filters let through"),
        ("rows=revisions&format=label-studio", "Label Studio knows one result an annotation"),
        ("since=2026-02-02&until=2026-02-01", "until: It is before since; exchange the two"),
    ],
)
def test_an_export_that_cannot_be_is_refused(rosa: Client, judged: Study, asked: str, words: str) -> None:
    assert refused(rosa, f"studies/{judged.pk}/export?{asked}").startswith(words)
    assert not ExportRecord.objects.exists()


@pytest.fixture
def run(db: None) -> Run:
    """3 co-buys x isA, usedFor: those of isA are kept."""
    return finished_run(3)


@pytest.mark.parametrize(
    ("asked", "n"),
    [("", 6), ("?kept=true", 3), ("?kept=true&threshold=0.1", 6), ("?relation=usedFor", 3), ("?relation=mind", 6)],
)
def test_intentions_are_exported_as_the_command_does(rosa: Client, run: Run, asked: str, n: int) -> None:
    rows = lines(got(rosa, f"runs/r1/intentions.jsonl{asked}"))
    assert len(rows) == len({row["id"] for row in rows}) == n
    assert len(list(csv.DictReader(io.StringIO(got(rosa, f"runs/r1/intentions.csv{asked}").decode())))) == n


def test_intentions_are_chosen_by_what_people_said(rosa: Client, run: Run) -> None:
    made = study(run=run, items=2, overlap=1)
    first, second = made.items.order_by("intention")
    rate_all(made, {first.pk: [(1, 2)], second.pk: [(0, 0)]})
    assert [row["id"] for row in lines(got(rosa, "runs/r1/intentions.jsonl?human=plausible"))] == [first.intention_id]
    assert len(lines(got(rosa, "runs/r1/intentions.jsonl?human=judged"))) == 2


def test_intentions_in_csv_are_no_formulas_unless_a_machine_asks(rosa: Client, run: Run) -> None:
    Intention.objects.update(text="=1+1")
    assert b"'=1+1" in got(rosa, "runs/r1/intentions.csv")
    assert b"'=1+1" not in got(rosa, "runs/r1/intentions.csv?machine=true")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("threshold=2", "threshold: Ensure this value is less than or equal to 1."),
        ("threshold=nan", "threshold: A valid number is required."),
        ("relation=none", "Unknown relation 'none'"),
        ("human=judged", "Run r1 has no intention that these filters let through"),
        ("machine=true", "machine: This address has no such parameter"),
    ],
)
def test_intentions_that_cannot_be_had_are_refused(rosa: Client, run: Run, asked: str, words: str) -> None:
    assert refused(rosa, f"runs/r1/intentions.jsonl?{asked}").startswith(words)


def test_an_export_needs_its_scope(researcher: User, judged: Study) -> None:
    reader = program(researcher, Scope.READ)
    for address in (f"studies/{judged.pk}/export", f"studies/{judged.pk}/exports/1", "runs/r1/intentions.csv"):
        answer = reader.get(f"/api/v1/{address}")
        assert (answer.status_code, "lacks the scope export" in answer.json()["detail"]) == (403, True)
