"""The report says what was done and found, and by which rows."""

import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Link, User
from annotation.design.planning.fixed import Planned
from annotation.design.protocol import protocol_change
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.reports.report import study_report
from annotation.judging.allocation import item_next, item_skip
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.tallying import study_recompute
from annotation.models import Item, Study
from annotation.templatetags.reports import md
from distillation.models import Run
from tests.annotation.builders import judge, participant, rate_all, show_pictures, study, study_of_repeats
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
    page = client.get(f"/studies/{study().pk}/report/").content.decode()
    assert "No judgment counts yet" in page and "undefined" not in page


def test_the_page_and_the_markdown_hold_the_same_figures(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    page = client.get(f"/studies/{judged.pk}/report/").content.decode()
    text = client.get(f"/studies/{judged.pk}/report.md").content.decode()
    for table in study_report(judged).tables:
        for row in table.rows:
            assert row[1] in page
            assert md(row[1]) in text


def test_a_hostile_name_is_inert_in_the_markdown(client: Client, researcher: User) -> None:
    made = study(name="<script>alert(1)</script> [x](javascript:alert(1)) | *b*")
    client.force_login(researcher)
    first = client.get(f"/studies/{made.pk}/report.md").content.decode().splitlines()[0]
    assert "<script>" not in first and "[x](" not in first and "\\|" in first


def said(made: Study) -> str:
    return " ".join(study_report(made).methods)


def test_a_study_without_pictures_does_not_claim_any() -> None:
    assert "They saw the titles of both products, without any picture, left and right" in said(study())


def test_pictures_are_counted_on_the_items() -> None:
    made = study(items=4)
    show_pictures()
    assert "They saw pictures and titles of both products" in said(made)
    cobuy = made.items.order_by("pk").first().intention.cobuy
    cobuy.a.picture = None
    cobuy.a.save()
    one = Item.objects.filter(study=made, intention__cobuy=cobuy).count()
    assert f"for {4 - one} intentions with both pictures, for {one} with one and for 0 with none" in said(made)


@pytest.mark.parametrize(("with_images", "words"), [(True, "titles and pictures"), (False, "titles only")])
def test_what_the_model_saw_is_of_the_runs_configuration(with_images: bool, words: str) -> None:
    made = study()
    run = made.runs.get()
    Run.objects.filter(pk=run.pk).update(backend="openai", model="m", config=run.config | {"with_images": with_images})
    assert f"r1 (m, shown {words})" in said(made)


def test_the_plan_stands_with_its_time_and_what_was_not_kept() -> None:
    made = study(items=4, overlap=1, plan=Planned("accuracy", 3))
    judge(participant(made))
    protocol_change(study=made, by=None, guidelines="Look again")
    assert f"on {made.plan.fixed_at:%Y-%m-%d at %H:%M} UTC: the filter's accuracy, on 3 items." in said(made)
    assert "Deviations: 1 of the planned 3 items have been judged so far; the protocol was changed after" in said(made)
    assert "No plan was fixed" in said(study(name="T", run=made.runs.get()))


def test_recruitment_is_of_groups_and_links_that_were_used(researcher: User) -> None:
    group = Group.objects.create(name="Lab")
    group.user_set.add(participant(study(name="T")).annotator)
    made = study(overlap=1, groups=[group], run=Run.objects.get())
    later = timezone.now() + timedelta(days=1)
    Link.objects.create(
        kind="crowd", digest="x", study=made, places=9, n_used=3, expires_at=later, created_by=researcher
    )
    assert "Open to the groups Lab (1 people). 3 came by crowd link." in said(made)


def test_skips_and_items_without_judgments_are_told() -> None:
    made = study(items=4, overlap=1)
    who = participant(made)
    judge(who)
    item_skip(participant=who, item_id=item_next(participant=who).item_id, reason="cannot_tell")
    assert "Of 4 items 1 have all judgments, 0 some and 3 none; figures speak as if" in said(made)
    assert "1 times an item was skipped (cannot tell 1)" in said(made)


def test_guidelines_and_checks_are_those_of_the_study(client: Client, researcher: User) -> None:
    made = study(guidelines="**Look** twice", repeat_share=0.1)
    client.force_login(researcher)
    assert "<strong>Look</strong> twice" in client.get(f"/studies/{made.pk}/report/").content.decode()
    assert "Look" in client.get(f"/studies/{made.pk}/report.md").content.decode()
    assert "There was no qualification. There were no gold items. 0 items were shown again" in said(made)


def test_the_datasheet_is_json_of_the_same_facts(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    sheet = client.get(f"/studies/{judged.pk}/report.json").json()
    assert sheet["facts"]["pictures"] == {"both": 0, "one": 0, "none": 4}
    assert sheet["figures"]["rates"]["plausibility"]["value"] == 0.25
    assert sheet["methods"] == study_report(judged).methods
    assert (sheet["facts"]["plan"], sheet["facts"]["response"]["complete"]) == (None, 4)


def test_plots_are_those_of_the_panels(client: Client, researcher: User, judged: Study) -> None:
    client.force_login(researcher)
    assert client.get(f"/studies/{judged.pk}/report/").content.decode().count('<svg class="plot') == 3


def table(made: Study, caption: str) -> dict[str, tuple[str, ...]]:
    (found,) = (each for each in study_report(made).tables if each.caption.startswith(caption))
    return {str(row[0]): row[1:] for row in found.rows}


def test_each_figure_names_the_estimator_that_made_it(judged: Study) -> None:
    # Four items teach no slope: two are to be learned, of ten items each.
    of = table(judged, "Estimators")["Plausible"][0]
    assert of.startswith("Hájek ratio, items weighted by 1/π; without p(yes), as")


def test_shares_stand_beside_those_of_people_like_them(judged: Study) -> None:
    assert study_report(judged).tables[0].heads[-1].text == "People like them, 95 %"
    assert table(judged, "Shares of the whole run")["Plausible"][-1].startswith("25.0 %, ")


def test_what_is_counted_and_the_gap_to_people_are_told(judged: Study) -> None:
    # One of four intentions is kept.
    assert table(judged, "The filter against people")["Kept by the filter, counted over the run"][:2] == ("25.0 %", "–")
    assert "Human ceiling less filter, in points" in table(judged, "The filter against people")


def test_agreement_with_oneself_is_told_where_items_were_repeated() -> None:
    study_recompute(made := study_of_repeats())
    value, interval, n = table(made, "Agreement with oneself, 10 repeats")["Plausible: Said the same again"]
    assert (value, n) == ("0.800", "10") and " to " in interval


def test_the_planned_figure_has_both_intervals() -> None:
    made = study(items=4, overlap=1, plan=Planned("accuracy", 3))
    judge(participant(made))
    assert list(table(made, "Primary figure of the plan: the filter's accuracy")) == ["at one look", "at every look"]
