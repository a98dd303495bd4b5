"""Sixty texts that try to be run come out as text: on every page, in every export, in every answer."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from annotation.exchange.exports.streams import judgments_csv
from annotation.judging.allocation import item_next
from annotation.models import Judgment, Participant, Study
from distillation.models import Intention, Product, Verdict
from tests.annotation.builders import participant, save, study
from tests.distillation.builders import finished_run
from tests.payloads import ALL, WORD

pytestmark = pytest.mark.django_db

FIELDS = [
    ("/catalog/", "q"), ("/catalog/", "category"), ("/knowledge/", "q"), ("/knowledge/", "relation"),
    ("/knowledge/", "before"), ("/people/", "q"),
]  # fmt: skip
TEXT_ATTRIBUTES = {"value", "title", "alt", "aria-label", "placeholder", "content"}
LINKS = {"href", "src", "action", "hx-get", "hx-post", "formaction"}


class Page(HTMLParser):
    """Where the word turns up other than as text for people."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside, self.found = "", []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attributes:
            if WORD.lower() in name.lower() or name.startswith("on"):
                self.found.append(f"<{tag} {name}>")
            if WORD in (value or "") and not self._is_text(name, value):
                self.found.append(f"<{tag} {name}={value}>")

    def _is_text(self, name: str, value: str) -> bool:
        return name in TEXT_ATTRIBUTES or (name in LINKS and value.startswith(("/", "?", "#")))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_comment(self, data: str) -> None:
        if WORD in data:
            self.found.append(f"<!--{data}-->")

    def handle_data(self, data: str) -> None:
        if WORD in data and self.inside in ("script", "style"):
            self.found.append(f"<{self.inside}>{data}")


@pytest.mark.parametrize("text", ALL)
def test_a_search_for_it_is_only_a_search(as_researcher: Client, text: str) -> None:
    finished_run(1)
    for address, field in FIELDS:
        answer = as_researcher.get(address, {field: text})
        assert answer.status_code in {200, 400}, (address, field)
        assert Page(answer.content.decode()).found == [], (address, field)


@pytest.fixture(scope="module")
def world_once(module_db: None) -> Study:
    """Every text that comes from outside is hostile, each in its own way."""
    run = finished_run(len(ALL), relations="usedFor")
    for i, (intention, text) in enumerate(zip(Intention.objects.order_by("pk"), ALL, strict=True)):
        Intention.objects.filter(pk=intention.pk).update(text=text, raw_reply=text)
        Verdict.objects.filter(pk=intention.pk).update(reason=text, raw_reply=text)
        Product.objects.filter(pk=intention.cobuy.a_id).update(title=text, category=ALL[-i][:60])
        Product.objects.filter(pk=intention.cobuy.b_id).update(title=ALL[-i])
    made = study(run=run, name=ALL[0], items=len(ALL), overlap=1, guidelines="\n\n".join(ALL))
    who = participant(made)
    for text in ALL:
        judgment = save(item_next(participant=who), comment=text)
        Judgment.objects.filter(pk=judgment.pk).update(filter_right=True, audited_at="2026-01-01T00:00Z")
    Participant.objects.update(state_reason=ALL[0][:300])
    Group.objects.bulk_create(Group(name=text[:150]) for text in ALL)
    return made


@pytest.fixture
def world(db: None, world_once: Study) -> Study:
    return Study.objects.get(pk=world_once.pk)


def pages(made: Study) -> list[str]:
    first = Intention.objects.order_by("pk").first()
    study_pages = ["", "items/", "annotators/", "protocol/", "preview", "report/", "compare/", "exports/"]
    return [
        *(f"/studies/{made.pk}/{page}" for page in study_pages),
        "/studies/", "/studies/new/", "/runs/", "/runs/r1/", "/catalog/", f"/catalog/{first.cobuy.a.asin}/",
        "/knowledge/", f"/knowledge/{first.pk}/", "/people/", "/people/groups/", "/people/links/", "/judge/",
        f"/judge/{made.pk}/own/",
    ]  # fmt: skip


def test_no_page_runs_what_was_written(client: Client, administrator: User, world: Study) -> None:
    client.force_login(administrator)
    seen = 0
    for address in pages(world):
        answer = client.get(address)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        assert Page(text).found == [], address
        seen += text.count(WORD)
    assert seen > 1_000  # or the texts were not shown at all


def test_every_intention_is_inert_on_its_page_and_to_its_annotator(client: Client, world: Study) -> None:
    who = world.participants.get().annotator
    client.force_login(who)
    for judgment in Judgment.objects.order_by("pk"):
        text = client.get(f"/judge/{world.pk}/own/{judgment.pk}/").content.decode()
        assert WORD in text
        assert Page(text).found == [], judgment.item.intention.text


def test_no_cell_of_the_csv_is_a_formula(world: Study) -> None:
    rows = list(csv.DictReader(io.StringIO(b"".join(judgments_csv(world)).decode(), newline="")))
    assert len(rows) == len(ALL)
    cells = [(name, cell) for row in rows for name, cell in row.items() if cell and WORD in cell]
    assert {name for name, _ in cells} >= {"intention", "comment"}
    assert [cell for _, cell in cells if cell[0] in "=+-@\t\r"] == []


def test_headers_hold_no_text_of_strangers(client: Client, researcher: User, world: Study) -> None:
    client.force_login(researcher)
    for name in ALL:
        Study.objects.filter(pk=world.pk).update(name=name[:100])
        answer = client.get(f"/studies/{world.pk}/judgments.csv")
        answer.getvalue()
        disposition = answer["Content-Disposition"]
        assert "\r" not in disposition and "\n" not in disposition and disposition.count('"') == 2


def test_the_api_answers_with_json_that_is_what_was_written(client: Client, researcher: User, world: Study) -> None:
    client.force_login(researcher)
    answer = client.get("/api/v1/intentions?limit=100")
    assert answer["Content-Type"].startswith("application/json")
    assert answer["X-Content-Type-Options"] == "nosniff"
    texts = {row["text"] for row in json.loads(answer.content)["results"]}
    assert texts <= set(ALL)
    assert texts
