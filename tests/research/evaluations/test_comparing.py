from pathlib import Path

import pytest

from research.evaluations.comparing import evaluations_compare
from research.evaluations.refusals import EvaluationRefused
from research.evaluations.services import evaluation_ask
from research.evaluations.words import comparison_lines
from research.models import Evaluation
from tests.distillation.odd_server import refused
from tests.research.evaluations.builders import Answerer, folder, number, right, server, started

pytestmark = pytest.mark.django_db


def evaluation(data: Path, name: str, answers: Answerer, **more) -> Evaluation:
    with server(answers) as odd:
        return evaluation_ask(evaluation=started(data, odd.url, name=name, **more))


def right_on(*numbers: int) -> Answerer:
    """The letter after gold on all others."""
    return lambda prompt: right(prompt) if number(prompt) in numbers else "ABCDA"["ABCD".index(right(prompt)) + 1]


def test_won_and_lost_are_counted_by_question(tmp_path: Path):
    data = folder(tmp_path)
    base = evaluation(data, "base", right_on(0, 1, 2))
    tuned = evaluation(data, "tuned", right_on(1, 2, 3, 4, 5))
    (task,) = evaluations_compare(base, [tuned]).tasks
    told = task.strict
    assert (told.both, told.lost, told.won, told.neither, told.clusters) == (2, 1, 3, 2, 4)
    assert told.difference.value == pytest.approx(2 / 8)
    keys = dict(base.asked().values_list("pk", "key"))
    assert ([keys[pk] for pk in task.won], [keys[pk] for pk in task.lost]) == (["FS_3", "FS_4", "FS_5"], ["FS_0"])


def test_only_what_both_answered_counts(tmp_path: Path):
    data = folder(tmp_path)
    base = evaluation(data, "base", right)
    tuned = evaluation(data, "tuned", lambda prompt: refused(400, "no") if number(prompt) == 1 else right(prompt))
    (task,) = evaluations_compare(base, [tuned]).tasks
    assert (task.strict.both, task.same) == (7, True)


def test_one_training_does_not_speak_of_the_method(tmp_path: Path):
    data = folder(tmp_path)
    base = evaluation(data, "base", right_on(0))
    trained = [evaluation(data, f"seed-{n}", right_on(*range(n, 6))) for n in range(3)]
    assert "not of the method" in "\n".join(comparison_lines(evaluations_compare(base, trained[:1])))
    (task,) = evaluations_compare(base, trained).tasks
    assert task.method.value == pytest.approx((5 + 4 + 3) / 3 / 8)  # 6, 5 and 4 right of 8, before 1


def test_worse_is_an_alarm(tmp_path: Path):
    data = folder(tmp_path)
    base, tuned = evaluation(data, "base", right), evaluation(data, "tuned", right_on(7))
    words = "\n".join(comparison_lines(evaluations_compare(base, [tuned])))
    assert "ALARM" in words
    assert "won 0, lost 7 of 8; exact McNemar, as if questions were independent, p = .016" in words  # 2 · (1/2)^7


def test_other_settings_are_named(tmp_path: Path):
    data = folder(tmp_path)
    base, other = evaluation(data, "base", right), evaluation(data, "other", right, shuffle=1)
    assert evaluations_compare(base, [other]).unlike == ["shuffle"]


def test_what_can_not_be_compared_is_told(tmp_path: Path):
    data = folder(tmp_path)
    base, going_on = evaluation(data, "base", right), started(data, "http://m.example", name="later")
    with pytest.raises(EvaluationRefused, match="are one evaluation"):
        evaluations_compare(base, [base])
    with pytest.raises(EvaluationRefused, match="later has not ended"):
        evaluations_compare(base, [going_on])
    with pytest.raises(EvaluationRefused, match="answered by all of them"):
        evaluations_compare(base, [evaluation(data, "two", right, task="2")])
