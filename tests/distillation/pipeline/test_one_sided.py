"""Prompts that show one product alone: nothing of the partner may reach the model, whatever answers."""

from pathlib import Path

import pytest

from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError, PromptSet
from distillation.pipeline.records import PairRecord, ProductRecord
from distillation.pipeline.render import intend_request, judge_request
from distillation.pipeline.steps import seen_pair

OPTIONS = Options(prompts=PromptSet.load("one-sided-1"))


def test_the_shipped_prompts_know_their_kind() -> None:
    assert PromptSet.load("one-sided-1").one_sided and not PromptSet.load("mind-1").one_sided


def test_half_a_partner_is_refused(tmp_path: Path) -> None:
    texts = {"describe": "{title}", "intend": "{phrase}", "judge": "{intention}", "system": "Help.",
             "judge_again": "{intention} {answer}", "pair": "{pictures} {title_a} {feature_a} {title_b}"}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text)
    with pytest.raises(PromptError, match=r"lacks \{feature_b"):
        PromptSet.load("own", tmp_path)


def test_nothing_of_the_partner_reaches_whoever_answers() -> None:
    pair = PairRecord(ProductRecord("A", "red tent"), ProductRecord("B", "SECRET stove", feature="SECRET"))
    seen = seen_pair(pair, OPTIONS)
    assert "SECRET" not in repr(intend_request(seen, "usedFor", OPTIONS, sample=0))
    assert "SECRET" not in repr(judge_request(seen, "usedFor", "They go camping.", OPTIONS))
    assert "red tent" in repr(intend_request(seen, "usedFor", OPTIONS, sample=0))
