"""The report says what was done and found, and by which rows."""

import hashlib

import pytest
from django.test import Client

from accounts.models import User
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.report import study_report
from annotation.judging.interventions import participant_exclude
from annotation.models import Study
from tests.annotation.builders import judge, participant, rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged() -> Study:
    made = study(run=finished_run(4, kept_every=4), items=4, overlap=2, strata=["verdict"], seed=5)
    rate_all(made, {item.pk: [(int(item.stratum == "kept"), 2)] * 2 for item in made.items.all()})
    return made


def test_the_methods_name_sample_questions_and_judgments(judged: Study) -> None:
    text = " ".join(study_report(judged).methods)
    assert "4 purchase intentions were drawn at random, stratified by verdict" in text
    assert "(seed 5)" in text
    assert "2 annotators gave 8 of 8 wanted judgments on 4 items" in text
    assert "“Is it plausible?” (Yes, No)" in text


def test_shares_are_weighted_and_come_with_both_intervals(judged: Study) -> None:
    plausible = study_report(judged).tables[0].rows[0]
    assert plausible[:2] == ("Plausible", "25.0 %")  # (1 + 1) / (1 + 1 + 3 + 3)
    assert " to " in plausible[2] and " to " in plausible[4]


def test_the_checksum_is_that_of_the_export(judged: Study) -> None:
    checks = dict(study_report(judged).checks)
    assert checks["SHA-256 of the judgments as CSV"] == hashlib.sha256(b"".join(judgments_csv(judged))).hexdigest()


def test_exclusions_are_named(researcher: User) -> None:
    made = study(items=1, overlap=2)
    who = participant(made)
    judge(who)
    participant_exclude(participant=who, reason="clicked at random", by=researcher)
    (line,) = study_report(made).exclusions
    assert "excluded with 1 judgments: rosa has excluded you: clicked at random" in line


def test_an_empty_study_has_a_report_too(client: Client, researcher: User) -> None:
    client.force_login(researcher)
    assert "no judgments yet" in client.get(f"/studies/{study().pk}/report/").content.decode()


def test_the_page_and_the_markdown_hold_the_same_figures(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    page = client.get(f"/studies/{judged.pk}/report/").content.decode()
    text = client.get(f"/studies/{judged.pk}/report.md").content.decode()
    for table in study_report(judged).tables:
        for row in table.rows:
            assert row[1] in page
            assert row[1] in text


def test_a_hostile_name_is_inert_in_the_markdown(client: Client, researcher: User) -> None:
    made = study(name="<script>alert(1)</script> [x](javascript:alert(1)) | *b*")
    client.force_login(researcher)
    first = client.get(f"/studies/{made.pk}/report.md").content.decode().splitlines()[0]
    assert "<script>" not in first and "[x](" not in first and "\\|" in first
