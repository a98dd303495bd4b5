"""The same questions of the same server by lm-eval and by `evaluate`: start-up apart, for it is not what is compared.

lm-eval's start-up is what it takes for one question. It is installed by `make test-harness`; left out where it is not.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.bars import at_least, show
from benchmarks.evaluations.main import DELAY_MS, IN_FLIGHT, ROOT, dummy
from benchmarks.evaluations.whole import started
from research.evaluations.harness.exporting import harness_export
from research.evaluations.services import evaluation_ask
from research.questions.intentionqa import ASKED, intentionqa

LM_EVAL = Path(os.environ.get("HARNESSES") or ROOT / "var/harnesses") / "lm-eval/bin/lm_eval"
TIMES_AS_FAST = 2.0


def beside_lm_eval(data: Path) -> list[bool]:
    if not LM_EVAL.is_file():
        print(f"  left out: there is no lm-eval at {LM_EVAL}; make test-harness installs it")
        return []
    tasks = ASKED["both"]
    with tempfile.TemporaryDirectory() as place, dummy() as url:
        folder = Path(place) / "harness"
        harness_export(benchmark=intentionqa(data, tasks), tasks=tasks, mode="zero-shot", output=folder)
        theirs = _lm_eval(folder, url) - _lm_eval(folder, url, "--limit", "1")
        evaluation = started("beside-lm-eval", data, url, "zero-shot")
        began = time.perf_counter()
        evaluation_ask(evaluation=evaluation)
        ours = time.perf_counter() - began
    row = at_least(
        f"times as fast as lm-eval, {IN_FLIGHT} in flight, {DELAY_MS} ms, start-up apart", theirs / ours, TIMES_AS_FAST
    )
    return [show(row, f"{ours:.1f} and {theirs:.1f} s for {evaluation.answers_owed:,} questions")]


def _lm_eval(folder: Path, url: str, *more: str) -> float:
    """Seconds."""
    asked = f"model=dummy,base_url={url}/chat/completions,num_concurrent={IN_FLIGHT},tokenized_requests=False"
    names = ",".join(sorted(path.stem for path in folder.glob("*.jsonl")))
    command = [
        str(LM_EVAL), "--model", "local-chat-completions", "--model_args", asked, "--tasks", names,
        "--include_path", str(folder), "--apply_chat_template", *more,
    ]  # fmt: skip
    began, own = time.perf_counter(), {**os.environ, "OPENAI_API_KEY": "none"}
    subprocess.run(command, cwd=folder, check=True, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began
