"""Runs without a server: files that a command answers, with pictures inline or by their address."""

import json
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from distillation.catalog.pictures.store import picture_store
from distillation.models import Picture, Run, Verdict
from distillation.pipeline.trial import trial_pair
from distillation.tasks import advance_run
from tests.distillation.builders import cobuys

pytestmark = pytest.mark.django_db(transaction=True)
ANSWERS = Path(__file__).parents[2] / "answer_batch.py"


def start(*words: str) -> Run:
    asked = ("--backend", "batch", "--model", "m", "--relations", "usedFor,isA")
    call_command("distill", "--run", "r1", *asked, *words, stdout=StringIO())
    return Run.objects.get()


def written(settings, run: Run) -> list[dict]:
    """The lines of the first wave."""
    advance_run(run.pk)
    files = sorted((settings.LVLM_BATCH_FOLDER / str(run.pk)).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.fixture
def picture() -> Picture:
    return picture_store(trial_pair().a.picture.jpeg)


def test_a_command_answers_wave_after_wave(settings) -> None:
    settings.LVLM_BATCH_COMMAND = f"{sys.executable} {ANSWERS} {{input}} {{output}}"
    cobuys(3)
    run, deadline = start("--no-images"), time.monotonic() + 60
    while run.state == "running" and time.monotonic() < deadline:
        advance_run(run.pk)
        run.refresh_from_db()
        time.sleep(0.05)
    assert (run.state, Verdict.objects.count()) == ("done", 6)
    assert list((settings.LVLM_BATCH_FOLDER / str(run.pk)).iterdir()) == []


def test_without_a_command_it_says_where_the_answers_go(settings) -> None:
    cobuys(1)
    run = start("--no-images")
    assert len(written(settings, run)) == 2
    advance_run(run.pk)
    run.refresh_from_db()
    assert run.message.startswith("Waiting for batches: 0 of 2 calls answered, in 1 file; put the answers to /")


def test_pictures_go_inline(settings, picture: Picture) -> None:
    cobuys(1, picture)
    (one, *_) = written(settings, start())
    assert one["body"]["messages"][1]["content"][0]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


def test_or_by_the_address_that_the_operator_has_them_served_under(settings, picture: Picture) -> None:
    settings.LVLM_BATCH_PICTURES = "https://pictures.example/media/"
    cobuys(1, picture)
    (one, *_) = written(settings, start())
    url = f"https://pictures.example/media/pictures/{picture.digest[:2]}/{picture.digest}.jpg"
    assert one["body"]["messages"][1]["content"][0] == {"type": "image_url", "image_url": {"url": url}}
