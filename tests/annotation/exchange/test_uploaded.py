"""Judgments as a file from the browser: looked at, then brought in by the command's own import."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import user_create
from annotation.figures.numbers import study_figures
from annotation.models import Judgment, Study
from distillation import tasks
from distillation.models import Upload, UploadImport
from tests.annotation.exchange.files import emptied, exported, study_judged
from tests.distillation.uploads.files import sent

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_judged(user_create(username="rob", password="correct-horse", role=User.Role.RESEARCHER))


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def look(client: Client, upload: Upload, **asked: object) -> dict:
    return client.get(reverse("upload-look", args=[upload.pk]), asked).context


@pytest.mark.parametrize("options", [{}, {"form": "jsonl"}, {"form": "parquet"}, {"excel": "semicolon"}])
def test_a_file_of_judgments_is_known_by_its_content(judged: Study, researcher: User, options: dict) -> None:
    assert sent("j.bin", exported(judged, **options), by=researcher, part="").part == "judgments"


def test_judgments_come_back_as_by_the_command(judged: Study, as_researcher: Client, researcher: User) -> None:
    upload, figures = sent("j.csv", exported(judged), by=researcher, part=""), study_figures(judged).as_dict()
    n = Judgment.objects.count()
    emptied(judged)
    assert look(as_researcher, upload)["looked"].notes == [
        "Choose the study: then the rows are compared with its items."
    ]
    looked = look(as_researcher, upload, study=judged.pk)["looked"]
    assert (looked.groups[0]["total"], looked.notes[0], Judgment.objects.count()) == (
        n, "Items are matched by item.", 0
    )  # fmt: skip
    as_researcher.post(reverse("upload-look", args=[upload.pk]), {"study": judged.pk})
    tasks.bring_upload(UploadImport.objects.get().pk)
    row = UploadImport.objects.get()
    assert (row.state, row.about, row.account["judgments"]) == ("done", judged.name, n)
    assert study_figures(judged).as_dict() == figures


def test_what_the_command_would_refuse_is_told_before_the_start(
    judged: Study, as_researcher: Client, researcher: User
) -> None:
    upload = sent("j.csv", exported(judged), by=researcher, part="")
    problem = look(as_researcher, upload, study=judged.pk)["problem"]
    assert problem == f"j.csv: all of its judgments are in study {judged.name}: it was already imported"
    answer = as_researcher.post(reverse("upload-look", args=[upload.pk]), {"study": judged.pk})
    assert (answer.status_code, UploadImport.objects.count()) == (422, 0)
