from pathlib import Path

import psycopg
import pytest
from django.db import connection

from distillation.lvlm.openai import backend
from research.evaluations.page import server_notes
from research.evaluations.refusals import EvaluationRefused
from research.evaluations.results import answers_of, results_of
from research.evaluations.services import TEXT_ONLY, evaluation_ask, evaluation_forget_failed
from research.models import Evaluation, EvaluationAnswer
from tests.distillation.odd_server import completion, refused
from tests.research.evaluations.builders import QUESTIONS, evaluated, folder, gold, number, right, server, started

pytestmark = pytest.mark.django_db


def test_every_answer_is_a_row(tmp_path: Path):
    made = evaluated(tmp_path, lambda prompt: f"Answer: {right(prompt)}")
    assert (made.state, made.answers.count()) == ("done", QUESTIONS)
    answer = made.answers.get(question__key="FS_5")
    assert (answer.raw, answer.strict, answer.lenient, answer.model) == ("Answer: B", "A", "B", "m")


def test_a_call_is_that_of_the_official_run(tmp_path: Path):
    with server(right) as odd:
        evaluation_ask(evaluation=started(folder(tmp_path), odd.url))
    body = odd.calls[0]
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert (body["max_tokens"], body["temperature"], "seed" in body, "logprobs" in body) == (10, 0.1, False, False)
    assert len(odd.calls) == QUESTIONS  # no question of another kind


def test_questions_that_begin_alike_follow_one_another(tmp_path: Path):
    with server(right) as odd:
        evaluation_ask(evaluation=started(folder(tmp_path), f"{odd.url},1"))
    pairs = [number(body["messages"][0]["content"]) // 2 for body in odd.calls]
    assert [pair for pair, before in zip(pairs, [-1, *pairs], strict=False) if pair != before] == sorted(set(pairs))


def test_five_samples_are_a_vote(tmp_path: Path):
    said = iter("ABBACB" * QUESTIONS)
    made = evaluated(tmp_path, lambda prompt: f"Step 1: so.\nStep 2: {next(said)}", mode="cot-sc")
    assert (made.answers.count(), len(answers_of(made))) == (5 * QUESTIONS, QUESTIONS)
    assert {answer.strict for answer in answers_of(made)} <= set("ABC")


def test_it_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backend.OpenAIBackend.__init__, "__kwdefaults__", {
        **backend.OpenAIBackend.__init__.__kwdefaults__, "patience_s": 0.3,
    })  # fmt: skip
    with server(lambda prompt: right(prompt) if number(prompt) < 4 else refused(503, "loading")) as odd:
        made = started(folder(tmp_path), f"{odd.url},1")
        with pytest.raises(EvaluationRefused, match="give the same command again"):
            evaluation_ask(evaluation=made)
        made.refresh_from_db()
        assert (made.state, made.answers.count()) == ("stopped", 4)
        calls = len(odd.calls)
        odd.manner = lambda body, n: (200, {"model": "m", "choices": [{"message": {"content": "A"}}]}, {})
        evaluation_ask(evaluation=made)
    assert (Evaluation.objects.get().state, made.answers.count(), len(odd.calls) - calls) == ("done", 8, 4)


def test_what_fails_is_a_row_and_leaves_the_denominator(tmp_path: Path):
    made = evaluated(tmp_path, lambda prompt: right(prompt) if number(prompt) else refused(400, "not this one"))
    (task,) = results_of(made).tasks
    assert (task.asked, task.failed, task.scored, task.strict.value) == (QUESTIONS, 1, QUESTIONS - 1, 1.0)
    assert evaluation_forget_failed(evaluation=made) == 1


def test_a_model_that_is_not_served_is_named(tmp_path: Path):
    with server(right) as odd, pytest.raises(EvaluationRefused, match=r"does not serve 'tuned'; it serves m, other"):
        evaluation_ask(evaluation=started(folder(tmp_path), odd.url, model="tuned"))
    assert not EvaluationAnswer.objects.exists()


def test_a_server_that_answers_as_another_is_told(tmp_path: Path):
    with server(right, model="base") as odd:
        made = evaluation_ask(evaluation=started(folder(tmp_path), odd.url, model="other"))
    assert results_of(made).answered_as == ["base"]


def test_a_name_is_of_one_evaluation(tmp_path: Path):
    data = folder(tmp_path)
    started(data, "http://m.example", name="base")
    with pytest.raises(EvaluationRefused, match="is there with model m, not n: give the new one another name"):
        started(data, "http://m.example", name="base", model="n")


def test_shuffled_options_are_scored_by_what_was_shown(tmp_path: Path):
    """Who always says A is right where gold came to stand under A."""
    made = evaluated(tmp_path, lambda prompt: "A", shuffle=3)
    first = {answer.question.key: answer.order[0] for answer in made.answers.select_related("question")}
    expected = sum(first[f"FS_{n}"] == gold(n) for n in range(QUESTIONS))
    (task,) = results_of(made).tasks
    assert task.strict.value == pytest.approx(expected / QUESTIONS)
    assert len(set(first.values())) > 1


def test_ten_thousand_letters_are_stored_short(tmp_path: Path):
    made = evaluated(tmp_path, lambda prompt: "B" + "\x00b" * 20_000)
    assert {len(raw) for raw in made.answers.values_list("raw", flat=True)} == {10_000}


def test_two_commands_do_not_ask_at_once(tmp_path: Path):
    made = started(folder(tmp_path), "http://m.example")
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('evaluation_ask'), %s)", [made.pk])
        with pytest.raises(EvaluationRefused, match="is being asked by another command"):
            evaluation_ask(evaluation=made)


def test_a_server_without_a_system_role_gets_the_same_message(tmp_path: Path):
    """No system text: nothing stands before the question."""
    with server(right) as odd:
        made = started(folder(tmp_path), odd.url)
        made.servers = {f"{odd.url}/v1": {**TEXT_ONLY.as_dict(), "system": False}}
        evaluation_ask(evaluation=made)
    assert all(body["messages"][0]["content"].startswith("A customer buys") for body in odd.calls)


def test_what_the_server_refuses_is_left_away(tmp_path: Path):
    """A server that fixes its temperature: asked again without, and so from then on."""

    def manner(body: dict, n: int):
        if "temperature" in body:
            told = {
                "message": "Unsupported parameter: temperature",
                "param": "temperature",
                "code": "unsupported_parameter",
            }
            return 400, {"error": told}, {}
        return completion(right(body["messages"][0]["content"]))

    with server(right) as odd:
        odd.manner = manner
        made = evaluation_ask(evaluation=started(folder(tmp_path), f"{odd.url},1"))
    assert (results_of(made).tasks[0].strict.value, len(odd.calls)) == (1.0, QUESTIONS + 1)
    assert server_notes(made) == ["The server fixes its temperature: it is not the one asked for."]
