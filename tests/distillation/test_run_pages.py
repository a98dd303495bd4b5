"""The pages of runs and the pictures, as each role sees them."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from distillation.models import Picture, Product, Run, Worker
from tests.distillation.builders import cobuys, finished_run, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture() -> Picture:
    stored = Picture.objects.create(digest="ab" * 32, width=1, height=1, size=7)
    for name in (stored.name, stored.thumbnail_name):
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(b"\xff\xd8jpeg" + name[-9:-4].encode()))
    return stored


PAGES = [reverse("run-list"), reverse("run-detail", args=["r1"]), reverse("run-progress", args=["r1"])]


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in(page: str) -> None:
    finished_run()
    answer = Client().get(page)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={page}")


@pytest.mark.parametrize("page", PAGES)
def test_annotators_see_no_runs(page: str, as_annotator: Client) -> None:
    finished_run()
    answer = as_annotator.get(page)
    assert answer.status_code == 403
    assert "Secret reason" not in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_researchers_see_runs(page: str, as_researcher: Client) -> None:
    finished_run()
    assert as_researcher.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_only_read(page: str, as_researcher: Client) -> None:
    finished_run()
    assert as_researcher.post(page).status_code == 405


def test_a_run_that_is_none_is_not_found(as_researcher: Client) -> None:
    assert as_researcher.get(reverse("run-detail", args=["r2"])).status_code == 404


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_baseline_is_called_what_it_is(page: str, as_researcher: Client) -> None:
    finished_run()
    assert "baseline: rules on titles and pixels, no model" in as_researcher.get(page).content.decode()


def test_the_same_revision_is_no_content(as_researcher: Client) -> None:
    finished_run()
    revision = as_researcher.get(PAGES[1]).context["progress"]["revision"]
    assert as_researcher.get(PAGES[2], {"revision": revision}).status_code == 204
    assert as_researcher.get(PAGES[2], {"revision": "old"}).status_code == 200


def test_an_ended_run_is_not_polled(as_researcher: Client) -> None:
    made = finished_run()
    assert "hx-get" not in as_researcher.get(PAGES[2]).content.decode()
    Run.objects.filter(pk=made.pk).update(state=Run.State.RUNNING)
    assert "hx-get" in as_researcher.get(PAGES[2]).content.decode()


def test_without_a_worker_it_says_what_to_do(as_researcher: Client) -> None:
    cobuys(1)
    run()
    words = "No worker is running. Start one with: make worker"
    assert words in as_researcher.get(PAGES[1]).content.decode()
    Worker.objects.create(name="w", seen_at=Now())
    assert words not in as_researcher.get(PAGES[1]).content.decode()


def test_a_run_without_verdicts_has_no_share_kept(as_researcher: Client) -> None:
    cobuys(1)
    run()
    assert as_researcher.get(PAGES[1]).context["progress"]["kept_text"] == "–"


def test_titles_are_shown_not_run(as_researcher: Client) -> None:
    finished_run()
    Product.objects.update(title="<script>alert(1)</script> & lamp")
    page = as_researcher.get(PAGES[1]).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; lamp" in page


def test_a_picture_is_a_jpeg_that_may_be_kept(picture: Picture, as_annotator: Client) -> None:
    answer = as_annotator.get(reverse("picture", args=[picture.digest]))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.getvalue().startswith(b"\xff\xd8")


def test_a_thumbnail_is_another_file(picture: Picture, as_annotator: Client) -> None:
    answer = as_annotator.get(reverse("thumbnail", args=[picture.digest]))
    assert answer.getvalue().endswith(b"thumb")


@pytest.mark.parametrize("kind", ["picture", "thumbnail"])
def test_pictures_are_for_who_is_signed_in(kind: str, picture: Picture) -> None:
    assert Client().get(reverse(kind, args=[picture.digest])).status_code == 302


def test_an_unknown_picture_is_not_found(as_annotator: Client) -> None:
    assert as_annotator.get(reverse("picture", args=["0" * 64])).status_code == 404
    assert as_annotator.get("/pictures/..%2F..%2Fsecret_key.jpg").status_code == 404


def test_a_picture_whose_file_is_lost_is_not_found(as_annotator: Client) -> None:
    lost = Picture.objects.create(digest="cd" * 32, width=1, height=1, size=1)
    assert as_annotator.get(reverse("picture", args=[lost.digest])).status_code == 404
