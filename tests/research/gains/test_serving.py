import subprocess
import sys
from pathlib import Path

import pytest

from research.gains.refusals import GainRefused
from research.gains.serving import names_check, serve_command, served
from tests.distillation.odd_server import serves, serving


def test_base_and_adapters_answer_under_their_own_names(settings) -> None:
    settings.VLLM_COMMAND, settings.VLLM_ARGUMENTS = "/v/bin/vllm", "--dtype float32"
    command = serve_command("/models/base", {"g.method": Path("/t/g.method/adapter")}, rank=12, port=8000)
    assert command[:3] == ["/v/bin/vllm", "serve", "/models/base"]
    assert command[command.index("--max-lora-rank") + 1] == "16"
    assert command[-3:] == ["g.method=/t/g.method/adapter", "--dtype", "float32"]


def test_a_server_without_the_adapter_is_refused_with_the_line_to_start() -> None:
    with serving(lambda body, n: (200, {})) as odd:
        odd.models = lambda n: serves("base", "other")
        names_check(odd.url, ["base"], "")
        with pytest.raises(GainRefused, match=r"serves base, other, not g\.method: start it so.*vllm serve base"):
            names_check(odd.url, ["base", "g.method"], "vllm serve base")


def test_a_server_that_ends_at_once_names_its_log(settings, tmp_path: Path) -> None:
    settings.VLLM_COMMAND = "false"
    with pytest.raises(GainRefused, match="ended before it was ready"), served("b", {}, 8, tmp_path / "log"):
        pass


def test_the_leash_ends_what_it_holds_when_nobody_is_there_any_more() -> None:
    command = [sys.executable, "-m", "research.gains.leash", "sleep", "600"]
    held = subprocess.Popen(command, stdin=subprocess.PIPE)
    held.stdin.close()
    assert held.wait(timeout=30) == 256 - 15  # ended by SIGTERM
