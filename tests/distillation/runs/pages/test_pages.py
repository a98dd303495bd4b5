"""The pages of runs and the pictures: who sees them, and what they say."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.words import duration
from distillation.models import WORKER_GONE_SECONDS, Alarm, Failure, Picture, Product, Run, Worker
from distillation.runs import reports
from distillation.runs.changes import run_set_prices
from distillation.runs.pages.page import run_page
from distillation.runs.reports import run_revision
from distillation.runs.services import run_pause, run_wait
from tests.distillation.builders import cobuys, finished_run, run
from tests.distillation.runs.ticking import SERVED, ticks

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture() -> Picture:
    stored = Picture.objects.create(digest="ab" * 32, width=1, height=1, size=7)
    for name in (stored.name, stored.thumbnail_name):
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(b"\xff\xd8jpeg" + name[-9:-4].encode()))
    return stored


PAGES = [
    *(reverse("run-list"), reverse("run-detail", args=["r1"]), reverse("run-progress", args=["r1"])),
    *(reverse("run-latest", args=["r1"]), reverse("run-kept-at", args=["r1"]) + "?strictness=0.5"),
]


def shown(client: Client) -> str:
    return client.get(PAGES[1]).content.decode()


def figure(client: Client, key: str) -> dict:
    return next(figure for figure in client.get(PAGES[1]).context["page"]["figures"] if figure["key"] == key)


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in(page: str) -> None:
    finished_run()
    answer = Client().get(page)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={quote(page)}")


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
    revision = as_researcher.get(PAGES[1]).context["page"]["revision"]
    assert as_researcher.get(PAGES[2], {"revision": revision}).status_code == 204
    assert as_researcher.get(PAGES[2], {"revision": "old"}).status_code == 200


@pytest.mark.parametrize(("state", "every"), [("running", 1), ("paused", 1), ("done", 10), ("cancelled", 10)])
def test_a_run_that_may_move_is_asked_for_each_second(state: str, every: int, as_researcher: Client) -> None:
    finished_run()
    Run.objects.update(state=state)
    assert f'hx-trigger="every {every}s"' in as_researcher.get(PAGES[2]).content.decode()


# What stands in the way


def test_without_a_worker_it_says_what_to_do(as_researcher: Client) -> None:
    cobuys(1)
    run()
    words = "No worker is running. Start one with: make worker"
    assert words in shown(as_researcher)
    Worker.objects.create(name="w", seen_at=Now())
    assert words not in shown(as_researcher)


def test_a_worker_that_is_gone_is_named_with_its_last_sign(as_researcher: Client) -> None:
    cobuys(1)
    revision = reports.run_revision(run())
    Worker.objects.create(name="w@gpu", seen_at=Now() - timedelta(seconds=WORKER_GONE_SECONDS))
    [note] = as_researcher.get(PAGES[2], {"revision": revision}).context["page"]["notes"] or [None]
    assert (note.kind, note.heard, note.heard_at) == ("bad", "w@gpu", Worker.objects.get().seen_at)


def test_a_server_that_is_away_is_waited_for_in_words(as_researcher: Client) -> None:
    cobuys(1)
    Worker.objects.create(name="w", seen_at=Now())
    run_wait(run=run(), why="Waiting for the model server: http://gpu/v1 can't be reached")
    assert "http://gpu/v1 can&#x27;t be reached" in shown(as_researcher)


def test_a_pause_says_who_and_offers_to_go_on(as_researcher: Client) -> None:
    cobuys(1)
    run_pause(run=run(), why="Paused by rosa.")
    page = shown(as_researcher)
    assert "Paused by rosa." in page
    assert "Resume the run" in page
    assert "Pause the run</button>" not in page


def test_a_done_run_says_how_it_ended(as_researcher: Client) -> None:
    made = finished_run(3)
    Run.objects.update(finished_at=made.created_at + timedelta(minutes=3, seconds=20))
    page = shown(as_researcher)
    assert "Done in 3 min 20 s." in page
    assert "6 of 6 intentions have a verdict, 0 failed." in page


# Figures


def test_a_run_without_verdicts_has_no_share_kept(as_researcher: Client) -> None:
    cobuys(1)
    run()
    kept = figure(as_researcher, "kept")
    assert (kept["big"], kept["lines"][0]) == ("–", "no verdict yet")


def test_an_alarm_stands_above_the_figures_and_in_the_list(as_researcher: Client) -> None:
    Alarm.objects.create(run=finished_run(1, **SERVED), kind="kept", share=0.123, limit=0.2, n=400)
    assert "Alarm. Kept share under 20 %: 12.3 % of 400 verdicts." in shown(as_researcher)
    assert "Alarm: Kept share 12.3 %" in as_researcher.get(reverse("run-list")).content.decode()


def test_an_alarm_that_comes_is_seen_at_the_next_poll() -> None:
    made = finished_run(1)
    before = run_revision(made)
    Alarm.objects.create(run=made, kind="kept", share=0.1, limit=0.2, n=400)
    assert run_revision(made) != before


def test_rates_are_calls_by_seconds(as_researcher: Client) -> None:
    cobuys(1)
    made = run()
    ticks(made, {"calls": 40}, {"calls": 20}, ago_s=100)
    rate = figure(as_researcher, "rate")
    assert rate["big"] == "0.0"  # none in the last 30 s
    assert "3.0 calls/s over the whole run" in rate["lines"]  # 60 calls in 20 s


def test_time_left_follows_the_last_minutes() -> None:
    cobuys(50)
    made = run(relations="isA")
    ticks(made, {"verdicts": 10}, ago_s=90)  # begun 90 to 100 s ago, so about one in ten seconds
    made.cobuys.filter(pk__in=made.cobuys.values("pk")[:10]).update(n_owed=0)
    verdicts = run_page(made)["steps"][2]
    assert verdicts["pace"] == "0.1 a second"
    seconds = 40 * 95 / 10  # 40 are owed: 360 to 400 s
    assert verdicts["eta"] in {f"about {duration(seconds + n)} left" for n in range(-20, 25)}


def test_tokens_cost_what_the_prices_say(as_researcher: Client) -> None:
    cobuys(1)
    made = run(**SERVED)
    ticks(made, {"prompt_tokens": 3_000_000, "cached_tokens": 2_000_000, "completion_tokens": 500_000})
    assert figure(as_researcher, "tokens")["lines"] == [
        *("in 3.0 million", "of these cached 2.0 million (66.7 %)", "out 500,000")
    ]
    assert figure(as_researcher, "cost")["big"] == "–"
    run_set_prices(run=made, prices={"prompt": 0.2, "cached": 0.05, "completion": 0.6})
    assert figure(as_researcher, "cost")["big"] == "$0.60"  # 1 x 0.20 + 2 x 0.05 + 0.5 x 0.60
    run_set_prices(run=made, prices={"prompt": 0.2, "completion": 0.6})
    assert figure(as_researcher, "cost")["big"] == "$0.90"  # 3 x 0.20 + 0.5 x 0.60


def test_failures_have_their_words_and_a_button_where_it_helps(as_researcher: Client) -> None:
    made = finished_run(1)
    for intention, reason in zip(made.intentions.all(), ("timeout", "too_long"), strict=True):
        Failure.objects.create(
            run=made, step="intention", cobuy=intention.cobuy, relation=intention.relation, reason=reason, detail="<b>"
        )
    page = shown(as_researcher)
    assert "&lt;b&gt;" in page
    assert "Ask the 1 again that can succeed" in page
    assert ('value="timeout"' in page, 'value="too_long"' in page) == (True, False)


def test_plots_have_their_table(as_researcher: Client) -> None:
    made = finished_run(1)
    ticks(made, {"calls": 40, "verdicts": 4, "yes": 1}, {"calls": 20, "verdicts": 4, "yes": 3})
    page = as_researcher.get(PAGES[1]).context["page"]
    assert [plot["path"] for plot in page["plots"]] == ["M0.00 0.00h0L100.00 50.00", "M0.00 75.00h0L100.00 25.00"]
    assert [(row["rates"][0], row["yes"]) for row in page["table"]] == [("4.0", "25.0 %"), ("2.0", "75.0 %")]


# The latest intentions


def test_the_list_stands_still_and_tells_how_many_are_new(as_researcher: Client) -> None:
    made = finished_run(3)  # 6 intentions
    pks = list(made.intentions.order_by("pk").values_list("pk", flat=True))
    answer = as_researcher.get(PAGES[2], {"newest": pks[3]}).content.decode()
    assert "2 new</button>" in answer
    assert 'id="latest"' not in answer
    assert "Reason 5" in as_researcher.get(PAGES[3]).content.decode()


def test_a_list_that_is_empty_fills_by_itself(as_researcher: Client) -> None:
    finished_run(3)
    answer = as_researcher.get(PAGES[2], {"newest": "0"}).content.decode()
    assert '<section class="panel" id="latest" aria-labelledby="latest-title" hx-swap-oob="true">' in answer


@pytest.mark.parametrize("newest", ["x", "-1", "9" * 30, "²"])
def test_a_newest_that_is_none_is_passed_over(newest: str, as_researcher: Client) -> None:
    finished_run()
    assert as_researcher.get(PAGES[2], {"newest": newest}).status_code == 200


# Starting one


def asked(**more: object) -> dict[str, object]:
    settings = {"samples": 1, "temperature": 0.2, "max_tokens": 512, "strictness": 0.5}
    return {"name": "r1", "backend": "baseline", "preset": "chosen", "chosen": ["isA", "can"], **settings, **more}


def test_a_run_is_started_with_what_was_asked_for(as_researcher: Client, researcher: User) -> None:
    cobuys(2)
    answer = as_researcher.post(reverse("run-new"), asked(samples=3, limit=1, strictness=0.7, max_tokens=64))
    assert answer["Location"] == PAGES[1]
    made = Run.objects.get()
    assert (made.created_by, made.strictness, made.model) == (researcher, 0.7, "rules-1")
    assert made.config["relations"] == ["isA", "can"]
    assert (made.config["max_tokens"], made.config["with_images"]) == (64, False)
    assert [cobuy.n_owed for cobuy in made.cobuys.all()] == [2 * 3]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "a b"}, "Use letters, digits"),
        ({"name": "new"}, "choose another"),
        ({"chosen": []}, "Choose at least one relation."),
        ({"backend": "openai"}, "Name at least one model server."),
        ({"backend": "openai", "base_urls": "ftp://gpu"}, "is no http or https URL"),
        ({"backend": "openai", "base_urls": "http://127.0.0.1:1"}, "can&#x27;t be reached"),
        ({"backend": "batch"}, "Batch files need the name of their model"),
        ({"backend": "batch", "base_urls": "http://127.0.0.1:1 http://127.0.0.1:2"}, "takes one server"),
        ({"backend": "scripted"}, "not one of the available choices"),
        ({"model": "gpt"}, "The baseline has no model &#x27;gpt&#x27;"),
        ({"with_images": "on"}, "No co-buy has a picture of both products"),
        ({"samples": 0, "temperature": "nan", "strictness": 2}, "greater than or equal to 1"),
    ],
)
def test_what_can_not_be_started_is_said_and_not_written(more, words: str, as_researcher: Client) -> None:
    cobuys(1)
    answer = as_researcher.post(reverse("run-new"), asked(**more))
    assert (answer.status_code, Run.objects.count()) == (422, 0)
    assert words in answer.content.decode()


def test_all_that_contradicts_itself_is_said_at_once_each_at_its_field(as_researcher: Client) -> None:
    wrong = {"name": "new", "backend": "openai", "base_urls": "ftp://gpu http://169.254.169.254", "side_by_side": "on",
             "pictures": "grey", "filter": "none", "filter_model": "llava"}  # fmt: skip
    form = as_researcher.post(reverse("run-new"), asked(**wrong)).context["form"]
    assert sorted(form.errors) == ["base_urls", "filter", "name", "pictures", "side_by_side"]
    assert len(form.errors["base_urls"]) == 2


def test_what_a_server_refuses_stands_at_its_address(as_researcher: Client) -> None:
    cobuys(1)
    form = as_researcher.post(reverse("run-new"), asked(backend="openai", base_urls="http://127.0.0.1:1")).context[
        "form"
    ]
    assert list(form.errors) == ["base_urls"]


def test_a_name_is_taken_once(as_researcher: Client) -> None:
    finished_run()
    assert "There is a run of that name already" in as_researcher.post(reverse("run-new"), asked()).content.decode()


def test_annotators_start_none(as_annotator: Client) -> None:
    cobuys(1)
    assert as_annotator.post(reverse("run-new"), asked()).status_code == 403


# Pictures


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
