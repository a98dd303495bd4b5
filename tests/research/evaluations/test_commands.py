import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from research.models import BenchmarkQuestion, Evaluation, QuestionSet
from tests.research.evaluations.builders import QUESTIONS, folder, number, right, server

pytestmark = pytest.mark.django_db


def command(*words: object) -> str:
    out = StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


def test_evaluate_and_compare(tmp_path: Path):
    data = folder(tmp_path)
    with server(lambda prompt: "A") as odd:
        told = command("evaluate", "base", "--data", data, "--base-url", odd.url, "--model", "m", "--task", "1")
    assert "understanding: strict 25.0 %" in told
    assert "8 scored, 0 invalid, 0 failed; always A would be right on 25.0 %" in told
    with server(right) as odd:
        told = command("evaluate", "tuned", "--data", data, "--base-url", odd.url, "--model", "m", "--json")
    assert [task["strict"]["value"] for task in json.loads(told)["tasks"]] == [1.0, 1.0]
    assert "won 6, lost 0 of 8" in command("compare_evaluations", "base", "tuned")


def test_rules_answer_without_a_server_and_say_so(tmp_path: Path):
    told = command("evaluate", "rules", "--data", folder(tmp_path), "--backend", "baseline")
    assert "rules on words, no model" in told
    assert Evaluation.objects.get().answers.count() == 2 * QUESTIONS


def test_the_floor_without_the_question_stands_beside(tmp_path: Path):
    data = folder(tmp_path)
    with server(lambda prompt: right(prompt) if "A customer buys" in prompt else "A") as odd:
        ask = ("--data", data, "--base-url", odd.url, "--model", "m", "--task", "1")
        command("evaluate", "floor", *ask, "--options-only")
        told = command("evaluate", "base", *ask)
    assert "understanding, the question taken away: strict 25.0 %" in told


def test_failed_calls_are_asked_again_on_wish(tmp_path: Path):
    data, broken = folder(tmp_path), [True]
    with server(lambda p: (400, {"error": {"message": "no"}}, {}) if broken and number(p) == 3 else right(p)) as odd:
        ask = ("evaluate", "base", "--data", data, "--base-url", odd.url, "--model", "m", "--task", "1")
        assert "1 failed" in command(*ask)
        broken.clear()
        assert "1 failed" in command(*ask)
        assert "0 failed" in command(*ask, "--retry-failed")


def test_official_scores_make_official_bands(tmp_path: Path):
    scores = tmp_path / "scores.csv"
    scores.write_text("id,score\n" + "".join(f"FS_{n},{n / 10}\n" for n in range(QUESTIONS)))
    command("evaluate", "r", "--data", folder(tmp_path), "--backend", "baseline", "--difficulty", scores)
    bands = BenchmarkQuestion.objects.filter(task="understanding").values_list("key", "band")
    assert dict(bands)["FS_5"] == "official hard"
    assert QuestionSet.objects.get().official_bands


def test_other_questions_of_choice(tmp_path: Path):
    path = tmp_path / "sums.jsonl"
    path.write_text("".join(f'{{"question": "{n}+1?", "options": ["{n + 1}", "0"], "gold": "A"}}\n' for n in range(3)))
    told = command("evaluate", "sums", "--benchmark", "sums", "--data", path, "--backend", "scripted")
    assert "choice: strict 100.0 %" in told


@pytest.mark.parametrize(("words", "refusal"), [
    (("--backend", "openai"), "--base-url and --model: name the server"),
    (("--model", "m", "--base-url", "gpu-a:8000"), "is no http or https URL"),
    (("--model", "m", "--base-url", "http://gpu-a:8000,x"), "has 'x' calls in flight"),
    (("--backend", "baseline", "--limit", "0"), "--limit 0: give a number"),
    (("--backend", "baseline", "--difficulty", "none.csv"), "none.csv can't be read"),
])  # fmt: skip
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, words: tuple[str, ...], refusal: str):
    with pytest.raises(CommandError) as told:
        command("evaluate", "bad", "--data", folder(tmp_path), *words)
    assert refusal in str(told.value)
    assert "\n" not in str(told.value)
    assert not Evaluation.objects.exists()


def test_an_unknown_evaluation_is_named():
    with pytest.raises(CommandError, match="There is no evaluation named before"):
        command("compare_evaluations", "before", "after")
