import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotation.figures.panels.all import panels_of
from annotation.models import Study
from tests.annotation.builders import judge, participant, rate_all, study
from tests.annotation.pages import audit, rate, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(db: None) -> Study:
    return study(items=4, overlap=2)


def figures(client: Client, made: Study, revision: str = ""):
    return client.get(reverse("study-figures", args=[made.pk]), {"revision": revision}, headers={"HX-Request": "true"})


def revision(page: str) -> str:
    return re.search(r"revision=([^\"&]*)", page)[1]


def test_unchanged_figures_cost_an_empty_answer(as_researcher: Client, made: Study) -> None:
    page = as_researcher.get(reverse("study", args=[made.pk])).content.decode()
    answer = figures(as_researcher, made, revision(page))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_poll_that_finds_nothing_new_asks_who_it_is_and_the_revision(
    as_researcher: Client, made: Study, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seen = revision(figures(as_researcher, made).content.decode())
    panel = reverse("study-panel", args=[made.pk, "agreement"])
    with django_assert_num_queries(2):
        figures(as_researcher, made, seen)
    with django_assert_num_queries(2):
        assert as_researcher.get(panel, {"revision": seen}).status_code == 204


def test_a_poll_of_a_study_that_is_not_there_says_so(as_researcher: Client) -> None:
    assert as_researcher.get(reverse("study-figures", args=[0]), {"revision": ""}).status_code == 404
    assert as_researcher.get(reverse("study-panel", args=[0, "agreement"])).status_code == 404


def test_a_judgment_through_the_pages_moves_the_figures(
    as_researcher: Client, as_annotator: Client, made: Study
) -> None:
    before = revision(figures(as_researcher, made).content.decode())
    rate(as_annotator, made)
    answer = figures(as_researcher, made, before)
    assert answer.status_code == 200
    assert "1 of 8 judgments by 1 annotator" in text(answer)  # 4 items x 2
    assert "1 item, 1 judgment" in text(answer)


def test_an_audit_moves_them_too(as_researcher: Client, as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    before = revision(figures(as_researcher, made).content.decode())
    audit(as_annotator, made)
    assert "1 answer" in text(figures(as_researcher, made, before))


def test_a_change_of_state_moves_them_too(as_researcher: Client, made: Study) -> None:
    before = revision(figures(as_researcher, made).content.decode())
    Study.objects.update(state="paused")
    assert figures(as_researcher, made, before).status_code == 200


def test_after_a_judgment_the_page_asks_the_database_as_little_as_it_can(
    as_researcher: Client, made: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address, who = reverse("study", args=[made.pk]), participant(made)
    judge(who)
    as_researcher.get(address)  # what stays for as long as the runs do is read once
    judge(who)
    with django_assert_max_num_queries(18):
        as_researcher.get(address)


def test_figures_without_judgments_say_why(as_researcher: Client, made: Study) -> None:
    shown = text(figures(as_researcher, made))
    assert "Agreement on plausible, α undefined no item has two judgments" in shown
    assert "Filter accuracy undefined 0 items are complete, and 30 are needed" in shown


def test_a_drawn_study_without_judgments_has_figures_too(as_researcher: Client) -> None:
    made = study(items=2, overlap=2, strata=["relation", "verdict"])  # of 2 strata, 3 intentions each
    assert "no item has two judgments" in text(figures(as_researcher, made))


def test_agreement_of_one_voice_is_undefined(as_researcher: Client) -> None:
    made = study(items=2, overlap=2)
    rate_all(made, {item.pk: [(1, 3), (1, 3)] for item in made.items.all()})
    shown = text(as_researcher.get(reverse("study-panel", args=[made.pk, "agreement"])))
    assert "Krippendorff α, nominal – all judgments fall into one category" in shown


def test_the_page_names_its_runs_and_links_the_export(as_researcher: Client, made: Study) -> None:
    page = as_researcher.get(reverse("study", args=[made.pk])).content.decode()
    assert "run r1" in page
    assert reverse("study-export", args=[made.pk]) in page


def test_a_baseline_run_is_called_so(as_researcher: Client, made: Study) -> None:
    assert "baseline: rules on titles and pixels, no model" in text(as_researcher.get(reverse("study", args=[made.pk])))


@pytest.mark.parametrize("name", ["study", "study-list"])
def test_simulated_judgments_are_called_so(as_researcher: Client, made: Study, name: str) -> None:
    Study.objects.update(simulated=True)
    where = reverse(name, args=[made.pk] if name == "study" else [])
    assert "simulated judgments" in text(as_researcher.get(where)).lower()


def test_the_list_shows_what_is_judged(as_researcher: Client, made: Study) -> None:
    judge(participant(made))
    assert "1 of 8" in text(as_researcher.get(reverse("study-list")))


def test_the_administration_links_the_figures(administrator: User, made: Study) -> None:
    client = Client()
    client.force_login(administrator)
    assert reverse("study", args=[made.pk]) in client.get("/admin/annotation/study/").content.decode()


def test_the_administration_shows_the_figures(administrator: User, made: Study) -> None:
    client = Client()
    client.force_login(administrator)
    shown = client.get(f"/admin/annotation/study/{made.pk}/change/")
    assert "0 of 8 judgments" in text(shown)
    assert shown.content.decode().count('class="panel waiting') == len(panels_of(made))


@pytest.mark.parametrize("state", ["paused", "closed", "open"])
def test_a_researcher_sets_the_state(as_researcher: Client, made: Study, state: str) -> None:
    as_researcher.post(reverse("study-state", args=[made.pk]), {"state": state})
    assert Study.objects.get().state == state


def test_an_unknown_state_is_refused(as_researcher: Client, made: Study) -> None:
    answer = as_researcher.post(reverse("study-state", args=[made.pk]), {"state": "lost"}, follow=True)
    assert "A study is open, paused, closed; not &#x27;lost&#x27;" in text(answer)
    assert Study.objects.get().state == "open"


def do(client: Client, made: Study, person: int, to: str, reason: str = "too quick"):
    where = reverse("study-annotator", args=[made.pk, person])
    return client.post(where, {"to": to, "reason": reason}, follow=True)


def test_a_researcher_pauses_and_lets_go_on(as_researcher: Client, made: Study) -> None:
    ann = participant(made)
    assert "rosa has paused you: too quick" in text(do(as_researcher, made, ann.pk, "pause"))
    assert "rosa has let them go on" in text(do(as_researcher, made, ann.pk, "resume"))
    ann.refresh_from_db()
    assert ann.state == "active"


@pytest.mark.parametrize(
    ("to", "reason", "why"),
    [("resume", "x", "only who is paused"), ("pause", " ", "Say why"), ("promote", "x", "use the buttons")],
)
def test_what_cannot_be_done_to_an_annotator_is_said(
    as_researcher: Client, made: Study, to: str, reason: str, why: str
) -> None:
    assert why in text(do(as_researcher, made, participant(made).pk, to, reason))


def test_a_forged_participant_is_not_found(as_researcher: Client, made: Study) -> None:
    elsewhere = participant(study(run=made.runs.get(), name="Other"))
    assert do(as_researcher, made, elsewhere.pk, "exclude").status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.state == "active"


def test_figures_can_be_read_with_the_excluded(as_researcher: Client, made: Study) -> None:
    ann = participant(made)
    judge(ann)
    do(as_researcher, made, ann.pk, "exclude")
    without = as_researcher.get(reverse("study", args=[made.pk]))
    with_them = as_researcher.get(reverse("study", args=[made.pk]), {"with_excluded": "1"})
    assert "0 of 8 judgments" in text(without)
    assert "1 of 8 judgments" in text(with_them)
    assert "with_excluded=1" in with_them.content.decode()


def test_the_figures_of_one_annotator_alone(as_researcher: Client, made: Study) -> None:
    for who in (participant(made, "ann-0"), participant(made, "ann-1")):
        judge(who)
    judge(participant(made, "ann-0"))
    name = made.participants.get(annotator__username="ann-0").pseudonym
    where = reverse("study", args=[made.pk])
    assert "2 of 8 judgments by 1 annotator" in text(as_researcher.get(where, {"person": name}))
    assert as_researcher.get(where, {"person": "A-nobody"}).status_code == 400
