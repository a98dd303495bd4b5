from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.design.population import population
from annotation.models import Study
from distillation.models import Intention, Run
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run
from tests.distillation.data_sets import DEMO, pairs, two_data_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(db: None) -> Study:
    return study(items=4, overlap=2)


def design(client: Client, **changes):
    run = finished_run(name="r2")
    asked = {"name": "New", "runs": [run.pk], "items": 4, "overlap": 2, "seed": 1, "preset": "mind", **changes}
    return client.post(reverse("study-new"), {name: value for name, value in asked.items() if value is not None})


def test_a_design_opens_a_study(as_researcher: Client, researcher: User) -> None:
    answer = design(as_researcher, strata=["relation", "verdict"], typicality_after_yes="on")
    made = Study.objects.get()
    assert answer["Location"] == reverse("study", args=[made.pk])
    assert (made.items.count(), made.strata, made.typicality_after_yes) == (4, ["relation", "verdict"], True)
    assert made.created_by == researcher


def test_a_design_of_one_import_is_drawn_from_its_cobuys(as_researcher: Client, tmp_path: Path) -> None:
    demo, _ = two_data_sets(tmp_path)
    refused = design(as_researcher, imports=[demo.pk], items=5)  # 2 co-buys x 2 relations
    assert "r2 has 4 intentions that can be judged" in text(refused)
    Run.objects.all().delete()
    design(as_researcher, imports=[demo.pk], items=4)
    made = Study.objects.get()
    drawn = Intention.objects.filter(pk__in=made.items.values("intention"))
    assert (pairs(drawn), made.catalog) == (DEMO, {"imports": [demo.pk]})
    assert population(made).count() == 2 * 2  # what figures are weighted to
    protocol = as_researcher.get(reverse("study-protocol", args=[made.pk])).content.decode()
    assert f"drawn from the co-buys of import {demo.pk} (demo.json)" in protocol


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"imports": ["999"]}, "999 is not one of the available choices"),
        ({"categories": "Toys"}, "No product is of the category"),
        ({"items": 7}, "asks for 7 items, but r2 has 6 intentions that can be judged"),
        ({"items": 0}, "greater than or equal to 1"),
        ({"overlap": 101}, "less than or equal to 100"),
        ({"runs": []}, "This field is required"),
        ({"runs": [999]}, "999 is not one of the available choices"),
        ({"name": " "}, "This field is required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"strata": ["colour"]}, "colour is not one of the available choices"),
        ({"repeat_percent": 51}, "less than or equal to 50"),
        ({"audit": "share", "audit_percent": 101}, "less than or equal to 100"),
        ({"groups": [999]}, "999 is not one of the available choices"),
        ({"allocation": "stated", "stated": "usedFor"}, "states no number"),
        ({"preset": "own"}, "2 to 7 answers, the best first; this one has 0"),
        ({"qualification_items": 3}, "asks 3 gold items, but there are 0"),
        ({"order": "random"}, "random is not one of the available choices"),
    ],
)
def test_a_bad_design_says_what_is_wrong_and_opens_nothing(as_researcher: Client, changes: dict, why: str) -> None:
    answer = design(as_researcher, **changes)
    assert answer.status_code == 422
    assert why in text(answer)
    assert not Study.objects.exists()


@pytest.mark.parametrize(("preset", "fields"), [("own", ["items", "typicality_answers"]), ("mind", ["gold", "items"])])
def test_all_that_is_wrong_is_said_at_once_each_at_its_field(
    as_researcher: Client, preset: str, fields: list[str]
) -> None:
    """Of a scale that is none nothing can be known, so the gold file is looked at after it."""
    gold = SimpleUploadedFile("gold.csv", b"id,answer\n1,1\n")
    form = design(as_researcher, items=7, preset=preset, gold=gold).context["form"]
    assert sorted(form.errors) == fields


def test_a_taken_name_is_said(as_researcher: Client) -> None:
    study(name="New")
    assert "There is a study of that name already" in text(
        as_researcher.post(reverse("study-new"), {"name": "New", "items": 1})
    )


def test_a_design_kept_for_later_is_paused(as_researcher: Client) -> None:
    design(as_researcher, then="keep")
    assert Study.objects.get().state == "paused"


def test_all_parts_of_a_design_reach_the_study(as_researcher: Client) -> None:
    design(
        as_researcher, audit="share", audit_percent="12.5", order="depth", guidelines="**Read**", repeat_percent="5",
        preset="own", typicality_answers="Always\nOften\nNever", gold_below="70", gold_least="5", line_from="15",
    )  # fmt: skip
    made = Study.objects.get()
    assert (made.audit_share, made.order, made.guidelines, made.repeat_share) == (0.125, "depth", "**Read**", 0.05)
    assert [option.label for option in made.questions[1].options] == ["Always", "Often", "Never"]
    assert made.rules == {"gold": {"limit": 0.7, "least": 5}, "line": {"limit": 15}, "alarm": 0.2}


def test_gold_comes_from_a_file(as_researcher: Client) -> None:
    file = SimpleUploadedFile("gold.csv", b"asin_a,asin_b,relation,plausibility\nB000000000,B000000001,isA,Yes\n")
    design(as_researcher, gold=file, qualification_items=1, qualification_pass=1)
    assert Study.objects.get().items.get(gold__isnull=False).gold["plausibility"] == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"intention_id,plausibility\n999999,1\n", "line 2 (999999)"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"id,answer\n1,1\n", "needs the columns intention_id"),
    ],
)
def test_a_bad_gold_file_is_named_and_opens_nothing(as_researcher: Client, data: bytes, why: str) -> None:
    answer = design(as_researcher, gold=SimpleUploadedFile("gold.csv", data))
    assert why in text(answer)
    assert not Study.objects.exists()


def test_too_few_in_the_groups_is_refused_on_the_page(as_researcher: Client, annotator: User) -> None:
    lab = Group.objects.create(name="Lab")
    annotator.groups.add(lab)
    answer = design(as_researcher, groups=[lab.pk], overlap=2)
    assert "Each item wants 2 annotators, but Lab has 1" in text(answer)


def test_too_few_annotators_without_groups_is_a_warning(as_researcher: Client, annotator: User) -> None:
    answer = as_researcher.get(design(as_researcher, overlap=3)["Location"])
    assert "Each item wants 3 annotators, but there are 1 so far" in text(answer)


def plan(client: Client, **changes) -> str:
    asked = {"runs": [finished_run(name="r2").pk], "items": 4, "overlap": 2, "seed": 1, **changes}
    return text(client.post(reverse("study-plan"), asked))


def test_the_plan_counts_judgments_and_hours(as_researcher: Client, annotator: User) -> None:
    shown = plan(as_researcher)  # 4 x 2 judgments at 24 + 6 s: 240 s, all for the one annotator
    assert "8 judgments 4 items × 2 annotators" in shown
    assert "4 min 0 s 4 min 0 s for each of 1, at 24 s an item (assumed) and 6 s an audit (assumed)" in shown


def test_the_plan_states_the_widths(as_researcher: Client) -> None:
    # d = 1; ± 1.96 √(0.24 / 4 · 1.7 / 2) = 0.4426; of one relation 2 items: · √2 = 0.6260.
    shown = plan(as_researcher, strata=["relation"])
    assert "Plausible, all ± 44.3 points" in shown
    assert "Plausible, relation isA ± 62.6 points" in shown


def test_the_plan_says_what_cannot_be(as_researcher: Client) -> None:
    assert "asks for 7 items, but r2 has 6 intentions" in plan(as_researcher, items=7)
    assert "Choose a run" in text(as_researcher.post(reverse("study-plan"), {"items": "x"}))


def test_the_plan_is_on_the_page_without_scripts(as_researcher: Client) -> None:
    assert "8 judgments" in text(design(as_researcher, then="count"))
    assert not Study.objects.exists()


def test_a_preview_shows_the_first_item_and_saves_nothing(as_researcher: Client) -> None:
    run = finished_run(name="r2")
    asked = {"name": "New", "runs": [run.pk], "items": 4, "overlap": 2, "seed": 1, "typicality": "How usual is it?"}
    answer = as_researcher.post(reverse("study-preview-new"), asked)
    assert answer.status_code == 200
    assert "How usual is it?" in text(answer)
    assert "Secret reason" not in text(answer)
    assert not Study.objects.exists()


def test_guidelines_with_script_tags_are_inert(as_researcher: Client, made: Study) -> None:
    bad = "**Read** <script>alert(1)</script> [a](javascript:alert(1)) [b](https://example.org) <img src=x onerror=a>"
    Study.objects.update(guidelines=bad)
    page = as_researcher.get(reverse("study-preview", args=[made.pk])).content.decode()
    assert "<strong>Read</strong> &lt;script&gt;" in page
    assert 'href="javascript' not in page
    assert "<img src=x" not in page
    assert '<a href="https://example.org" rel="noopener noreferrer"' in page


def change(client: Client, made: Study, **changes):
    page = client.get(reverse("study-protocol", args=[made.pk])).context["form"]
    values = {name: page[name].value() for name in page.fields}
    asked = {name: value for name, value in {**values, **changes}.items() if value not in (None, False)}
    return client.post(reverse("study-protocol", args=[made.pk]), asked, follow=True)


def test_the_protocol_saved_unchanged_stays_as_it_is(as_researcher: Client, made: Study) -> None:
    judge(participant(made))
    change(as_researcher, made)
    assert Study.objects.get().version == 1


def test_a_change_after_the_first_judgment_is_a_version(as_researcher: Client, made: Study) -> None:
    judge(participant(made))
    assert "Saved as version 2" in text(change(as_researcher, made, guidelines="New words"))
    assert "Version 1" in text(as_researcher.get(reverse("study-protocol", args=[made.pk])))
