import shutil
from pathlib import Path

import pytest

from distillation.pipeline.options import Options
from distillation.pipeline.prompts import FOLDER, PromptError, PromptsChanged, PromptSet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER / "mind-1", tmp_path / "own"))


def test_the_shipped_version_loads_and_a_copy_has_the_same_digest(folder: Path):
    assert PromptSet.load().digest == PromptSet.load("own-1", folder).digest


def test_a_changed_word_changes_the_digest(folder: Path):
    (folder / "describe.txt").write_text("What is {title}?")
    assert PromptSet.load("own-1", folder).digest != PromptSet.load().digest


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("What is it?", "lacks {title}"), ("{title} {price}", "unknown {price}"), ("{title", "is no template")],
)
def test_a_wrong_placeholder_is_one_line_with_the_file(folder: Path, text: str, complaint: str):
    (folder / "describe.txt").write_text(text)
    with pytest.raises(PromptError, match=complaint) as caught:
        PromptSet.load("own-1", folder)
    assert "describe.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(folder: Path):
    (folder / "judge.txt").unlink()
    with pytest.raises(PromptError, match=r"judge\.txt can't be read"):
        PromptSet.load("own-1", folder)


def test_an_unknown_version_names_the_known():
    with pytest.raises(PromptError, match="known are mind-1"):
        PromptSet.load("../mind-1")


def test_options_come_from_a_runs_configuration(folder: Path):
    options = Options.from_config({"temperature": 0, "with_images": False, "prompt_folder": str(folder), "limit": 3})
    assert (options.temperature, options.max_tokens, options.with_images) == (0.0, 512, False)


def test_a_name_is_a_version_and_a_path_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder.parent)
    assert PromptSet.named("mind-1").folder is None
    assert [PromptSet.named(name).folder for name in ("own", "./own", str(folder))] == [str(folder)] * 3
    with pytest.raises(PromptError, match="known are mind-1, one-sided-1; or name a folder"):
        PromptSet.named("mine")


def test_prompts_that_changed_since_the_run_began_are_refused(folder: Path):
    config = {"prompt_folder": str(folder), "prompt_digest": PromptSet.named(str(folder)).digest}
    assert Options.from_config(config).prompts.folder == str(folder)
    (folder / "describe.txt").write_text("What is {title}?")
    with pytest.raises(PromptsChanged, match=r"own have changed since the run began .* start a new run") as refused:
        Options.from_config(config)
    assert "\n" not in str(refused.value)
