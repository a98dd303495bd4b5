"""What can't be begun takes no name: the right command then finds it free."""

import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from research.models import Gain
from tests.distillation.builders import finished_run
from tests.research.questions.builders import row, written

pytestmark = pytest.mark.django_db


def refused(tmp_path: Path, **more: str) -> str:
    finished_run(2)
    data = written(tmp_path / "iqa", [row(n) for n in range(4)])
    with pytest.raises(CommandError) as error:
        call_command("evaluate_gain", "g", run="r1", base="b", data=data, **more)
    assert not Gain.objects.exists()
    return str(error.value)


def test_no_python_to_train_with(settings, tmp_path: Path) -> None:
    settings.TRAIN_PYTHON = tmp_path / "none"
    assert "run make setup-train" in refused(tmp_path)


def test_an_address_that_is_none_is_not_found_out_after_the_training(settings, tmp_path: Path) -> None:
    settings.TRAIN_PYTHON = Path(sys.executable)
    assert "--base-url: " in refused(tmp_path, base_url="gpu-a:8000")
