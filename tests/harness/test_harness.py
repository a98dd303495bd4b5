"""Each harness runs the exported task on 20 questions of a server whose answers are known."""

import json
import os
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from benchmarks.evaluations.dummy import said
from benchmarks.evaluations.main import dummy
from tests.research.questions.builders import row, written

N = 20
HARNESSES = Path(os.environ["HARNESSES"])
TASK = "intentionqa_understanding"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = written(tmp_path / "iqa", [row(n) for n in range(N + 5)])
    output = tmp_path / "harness"
    call_command("export_harness", "--data", str(data), "--output", str(output), stdout=StringIO())
    return output


def expected(folder: Path) -> float:
    rows = [json.loads(line) for line in (folder / f"{TASK}.jsonl").read_text().splitlines()[:N]]
    return sum(said(each["prompt"])[1] == each["gold"] for each in rows) / N


def test_lm_eval(folder: Path, tmp_path: Path) -> None:
    with dummy() as url:
        model = f"model=dummy,base_url={url}/chat/completions,num_concurrent=8,tokenized_requests=False"
        command = [
            HARNESSES / "lm-eval/bin/lm_eval", "--model", "local-chat-completions", "--model_args", model,
            "--tasks", TASK, "--include_path", folder, "--apply_chat_template", "--limit", str(N),
            "--output_path", tmp_path / "out",
        ]  # fmt: skip
        subprocess.run(command, cwd=folder, check=True, env={**os.environ, "OPENAI_API_KEY": "none"})
    (told,) = (tmp_path / "out").rglob("results_*.json")
    assert json.loads(told.read_text())["results"][TASK]["acc,none"] == pytest.approx(expected(folder))


def test_inspect_ai(folder: Path, tmp_path: Path) -> None:
    with dummy() as url:
        command = [
            HARNESSES / "inspect/bin/inspect", "eval", f"inspect_task.py@{TASK}", "--model", "openai-api/dummy/dummy",
            "--limit", str(N), "--log-dir", tmp_path / "logs", "--log-format", "json", "--display", "plain",
        ]  # fmt: skip
        own = {"DUMMY_API_KEY": "none", "DUMMY_BASE_URL": url}
        subprocess.run(command, cwd=folder, check=True, env={**os.environ, **own})
    (told,) = (tmp_path / "logs").glob("*.json")
    metrics = json.loads(told.read_text())["results"]["scores"][0]["metrics"]
    assert metrics["accuracy"]["value"] == pytest.approx(expected(folder))
