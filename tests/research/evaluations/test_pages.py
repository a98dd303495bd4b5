import csv
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from mindsite.demo import demo_evaluation
from research.evaluations.services import evaluation_ask
from research.models import Evaluation
from tests.annotation.pages import text
from tests.research.evaluations.builders import (
    QUESTIONS,
    evaluated,
    evaluation_row,
    folder,
    number,
    right,
    server,
    started,
)

pytestmark = pytest.mark.django_db


def asked(client: Client, name: str, *args: int, status: int = 200, **query) -> str:
    answer = client.get(reverse(f"evaluation-{name}", args=args), query)
    assert answer.status_code == status
    return text(answer)


def test_nothing_evaluated_says_how(as_researcher: Client):
    assert "manage.py evaluate base --data DIR" in asked(as_researcher, "list")


def test_one_that_runs_shows_no_figures(as_researcher: Client):
    shown = asked(as_researcher, "detail", evaluation_row().pk)
    assert "0 of 2 answers are there; figures come with the last one" in shown
    assert "Strict" not in shown


def test_both_rules_stand_side_by_side_over_the_floor(as_researcher: Client, tmp_path: Path):
    """Half of the answers are "Answer: x": A by the official rules, which is gold for two of eight questions."""
    made = evaluated(tmp_path, lambda prompt: f"Answer: {right(prompt)}" if number(prompt) < 4 else right(prompt))
    shown = asked(as_researcher, "detail", made.pk)
    assert "base 62.5 %" in shown  # (1 + 4)/8
    assert "100.0 %" in shown
    assert "Always A, the most frequent letter 25.0 %" in shown


def test_bands_are_never_called_by_the_papers_names(as_researcher: Client, tmp_path: Path):
    shown = asked(as_researcher, "detail", evaluated(tmp_path).pk)
    assert "title-similarity bands, five of equal size; not the paper's Easy, Medium and Hard" in shown.replace(
        "&#x27;", "'"
    )


def test_before_and_after(as_researcher: Client, tmp_path: Path):
    with server(lambda prompt: "A") as odd:
        base = evaluation_ask(evaluation=started(folder(tmp_path), odd.url, name="base"))
        odd.manner = lambda body, n: (200, {"model": "m", "choices": [
            {"message": {"content": right(body["messages"][0]["content"])}}
        ]}, {})  # fmt: skip
        tuned = evaluation_ask(evaluation=started(folder(tmp_path), odd.url, name="tuned"))
    shown = asked(as_researcher, "compare", before=base.pk, after=tuned.pk)
    assert "Understanding: +75.00 points" in shown
    assert "6 b: won" in shown
    assert "This adapter, not this method" in shown
    assert "Gold: B. because of B 1. Before: A. because of A 1. After: B. because of B 1." in shown


@pytest.mark.parametrize(("query", "status", "words"), [
    ({"before": 0}, 400, "Choose one evaluation as before"),
    ({"before": "x", "after": "y"}, 400, "Choose one evaluation"),
])  # fmt: skip
def test_a_comparison_of_nothing_is_refused(as_researcher: Client, query: dict, status: int, words: str):
    assert words in asked(as_researcher, "compare", status=status, **query)


def test_a_comparison_with_one_that_runs_says_so(as_researcher: Client, tmp_path: Path):
    made = evaluated(tmp_path)
    later = started(folder(tmp_path), "http://m.example", name="later")
    assert "later has not ended" in asked(as_researcher, "compare", status=409, before=made.pk, after=later.pk)


def test_every_answer_is_in_the_file(as_researcher: Client, tmp_path: Path):
    made = evaluated(tmp_path, lambda prompt: f'Answer: "{right(prompt)}",\n')
    answer = as_researcher.get(reverse("evaluation-answers", args=[made.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len(rows) == QUESTIONS
    assert (rows[5]["question"], rows[5]["gold"], rows[5]["strict"], rows[5]["lenient"]) == ("FS_5", "B", "A", "B")
    assert rows[5]["raw"] == 'Answer: "B",\n'


def test_the_demos_rules_are_called_so(as_researcher: Client):
    demo_evaluation(settings.BASE_DIR / "distillation/sample/questions.jsonl")
    made = Evaluation.objects.get()
    assert made.state == "done" and made.questions == 24
    for page in (asked(as_researcher, "list"), asked(as_researcher, "detail", made.pk)):
        assert "rules on words, no model" in page
