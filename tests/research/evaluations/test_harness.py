import json
import runpy
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from research.questions.letters import strict
from tests.research.evaluations.builders import QUESTIONS, folder
from tests.research.questions.replies import COT, ZERO_SHOT


def exported(tmp_path: Path, *words: str) -> Path:
    output = tmp_path / "harness"
    call_command("export_harness", "--data", str(folder(tmp_path)), "--output", str(output), *words, stdout=StringIO())
    return output


def test_a_task_for_each_harness(tmp_path: Path):
    made = exported(tmp_path)
    lines = (made / "intentionqa_utilisation.jsonl").read_text().splitlines()
    assert (len(lines), json.loads(lines[1])["gold"]) == (QUESTIONS, "B")
    assert "process_results: !function scoring.zero_shot" in (made / "intentionqa_understanding.yaml").read_text()
    compile((made / "inspect_task.py").read_text(), "inspect_task.py", "exec")


@pytest.mark.parametrize(("mode", "replies"), [("zero-shot", ZERO_SHOT), ("cot", COT)])
def test_its_rules_are_those_of_the_product(tmp_path: Path, mode: str, replies: dict):
    letter = runpy.run_path(str(exported(tmp_path) / "scoring.py"))["letter"]
    assert [letter(text, mode) for text in replies] == [strict(text, mode).strip() for text in replies]


def test_a_folder_that_is_there_is_kept(tmp_path: Path):
    exported(tmp_path)
    with pytest.raises(CommandError, match="is there already"):
        exported(tmp_path)
