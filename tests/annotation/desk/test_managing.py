"""A study renamed, archived, deleted; extended with probabilities right; assigned; with a deadline; adjudicated."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Deed, User
from accounts.services import PeopleRefused, group_delete
from annotation.design.extending import study_add_items, study_raise_overlap, study_set_deadline
from annotation.design.planning.fixed import Planned, plan_fix
from annotation.design.protocol import StudyRefused
from annotation.design.sampling import allocate_more
from annotation.design.services import study_create, study_set_state
from annotation.desk.assigning import items_assign, items_unassign
from annotation.desk.lifecycle import study_archive, study_delete
from annotation.figures.numbers import study_figures
from annotation.figures.reports.report import study_report
from annotation.judging.allocation import Finished, item_next
from annotation.judging.writing import audit_save
from annotation.models import Item, Judgment, Lease, Study
from annotation.recheck.check import figures_check
from annotation.selection import Selection
from distillation.models import Intention, Run
from tests.annotation.builders import judge, participant, save, study, study_of_ties_and_errors
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def manage(client: Client, made: Study, to: str, **posted):
    named = {f"{to}-{name}": value for name, value in posted.items()}
    return client.post(reverse("study-manage", args=[made.pk]), {"to": to, **named}, follow=True)


def exported(client: Client, made: Study, rows: str = "revisions") -> bytes:
    asked = {"format": "csv", "rows": rows, "excel": ""}
    return b"".join(client.get(reverse("study-export", args=[made.pk]), asked).streaming_content)


def long_ago(made: Study) -> None:
    """The moment of an export is that of its transaction, which here is the test's, and judging comes before it."""
    then = timezone.now() - timedelta(days=1)
    Judgment.objects.filter(item__study=made).update(created_at=then, audited_at=then, left_out_at=None)


def test_a_study_is_renamed_and_the_trail_has_both_names(as_researcher: Client) -> None:
    made = study()
    manage(as_researcher, made, "rename", name=" Better ")
    assert Study.objects.get().name == "Better"
    assert Deed.objects.get(kind="study.renamed").details == {"before": "S"}


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "T"])
def test_a_name_that_can_t_be_changes_nothing(as_researcher: Client, name: str) -> None:
    made = study()
    study(run=made.runs.get(), name="T")
    assert manage(as_researcher, made, "rename", name=name).status_code == 422
    assert Study.objects.get(pk=made.pk).name == "S"


def test_an_archived_study_is_out_of_both_lists_and_keeps_its_pages(
    as_researcher: Client, as_annotator: Client, researcher: User
) -> None:
    made = study()
    with pytest.raises(StudyRefused, match="close it before"):
        study_archive(study=made, by=researcher)
    study_set_state(study=made, state="closed")
    manage(as_researcher, made, "archive")
    assert as_researcher.get("/studies/").context["studies"] == []
    assert len(as_researcher.get("/studies/?archive").context["studies"]) == 1
    assert as_annotator.get("/judge/").context["studies"] == []
    assert as_researcher.get(f"/studies/{made.pk}/").status_code == 200


def test_a_study_is_deleted_after_its_name_and_a_whole_export_of_its_last_state(as_researcher: Client) -> None:
    made = study()
    judge(participant(made))
    long_ago(made)
    study_set_state(study=made, state="closed")
    for rows, typed, why in (("", "s", "Type the study"), ("", "S", "export them first"), ("judgments", "S", "export")):
        if rows:
            exported(as_researcher, made, rows)
        assert why in manage(as_researcher, made, "delete", typed=typed).content.decode()
    exported(as_researcher, made)
    Judgment.objects.update(left_out_at=timezone.now())  # it has changed since
    assert "export them first" in manage(as_researcher, made, "delete", typed="S").content.decode()
    long_ago(made)
    manage(as_researcher, made, "delete", typed="S")
    assert not Study.objects.exists() and not Judgment.objects.exists() and not Item.objects.exists()
    assert Deed.objects.get(kind="study.deleted").details == {"items": 4, "judgments": 1}


def test_an_open_study_is_not_deleted(researcher: User) -> None:
    with pytest.raises(StudyRefused, match="close it"):
        study_delete(study=study(), typed="S", by=researcher)


def test_more_items_have_the_chance_of_both_draws_together(researcher: User) -> None:
    """Of 6 usedFor and 6 isA 2 + 2 are drawn, then 2 + 2 more: 4 of 6 in each, old and new alike."""
    made = study(run=finished_run(6), items=4, overlap=1, strata=["relation"])
    study_add_items(study=made, items=4, by=researcher)
    chances = made.items.values_list("relation", "inclusion_probability")
    assert sorted(chances) == [("isA", 4 / 6)] * 4 + [("usedFor", 4 / 6)] * 4
    assert made.items.values("intention").distinct().count() == 8
    made.refresh_from_db()
    assert (made.n_items, str(made.changes.get())) == (8, "items added 4 8")


def test_a_stratum_that_is_used_up_gives_to_the_others() -> None:
    # 6 more in the ratio 1 : 1 are 3 and 3; a has 1 left, so b gives 5
    assert allocate_more({"a": 4, "b": 4}, {"a": 1, "b": 9}, 6) == {"a": 1, "b": 5}
    assert allocate_more({"a": 30, "b": 10}, {"a": 50, "b": 50}, 4) == {"a": 3, "b": 1}


def test_estimates_stay_unbiased_over_extensions(researcher: User) -> None:
    """The sum of 1 / pi over the sample is the population's size, 12, in each of the strata's parts."""
    made = study(run=finished_run(6), items=3, overlap=1, strata=["verdict"])
    for _ in range(3):
        study_add_items(study=made, items=2, by=researcher)
    assert sum(1 / chance for chance in made.items.values_list("inclusion_probability", flat=True)) == pytest.approx(12)


def test_paired_studies_are_extended_in_all_runs(researcher: User) -> None:
    runs = [finished_run(4, name="a"), finished_run(4, name="b")]
    made = study_create(name="P", runs=runs, items=4, overlap=1, paired=True)
    study_add_items(study=made, items=4, by=researcher)
    cobuys = [set(made.items.filter(run=run).values_list("intention__cobuy", "relation")) for run in runs]
    assert cobuys[0] == cobuys[1] and len(cobuys[0]) == 4


def test_a_run_that_has_changed_or_has_no_more_is_refused(researcher: User) -> None:
    made = study(run=finished_run(3), items=4, overlap=1)
    with pytest.raises(StudyRefused, match="2 intentions left"):
        study_add_items(study=made, items=3, by=researcher)
    Intention.objects.exclude(pk__in=made.items.values("intention")).first().delete()
    with pytest.raises(StudyRefused, match="not as they were"):
        study_add_items(study=made, items=1, by=researcher)
    assert made.items.count() == 4


def test_items_stay_complete_by_the_overlap_of_their_draw(researcher: User) -> None:
    """Four items with two of two judgments are complete, and stay it with two of three; progress wants twelve."""
    made = study_of_ties_and_errors()
    before = study_figures(made).filter.complete
    study_raise_overlap(study=made, overlap=3, by=researcher)
    made = Study.objects.get()
    figures = study_figures(made)
    assert before == 4
    assert (figures.filter.complete, figures.wanted, figures.items_complete) == (before, 12, 4)
    alone = study_figures(made, Selection(with_excluded=True))  # of single judgments
    assert (alone.filter.complete, alone.items_complete) == (4, 4)
    assert figures_check(made, choices=[Selection(with_excluded=True)], only={"figures", "progress"}).differences == []
    assert isinstance(item_next(participant=participant(made, "ann-9")), Lease)


@pytest.mark.parametrize("overlap", [1, 2, 101])
def test_an_overlap_is_raised_only(as_researcher: Client, overlap: int) -> None:
    made = study(overlap=2)
    assert manage(as_researcher, made, "overlap", overlap=overlap).status_code == 422
    assert Study.objects.get().overlap == 2


def test_what_departs_from_a_plan_is_in_the_report(researcher: User) -> None:
    made = study(run=finished_run(4), items=4, overlap=1)
    study_raise_overlap(study=made, overlap=2, by=researcher)  # before there was a plan
    made.refresh_from_db()
    plan_fix(study=made, planned=Planned("plausibility"))
    judge(participant(made))
    study_set_state(study=made, state="closed")
    study_set_state(study=made, state="open")
    study_add_items(study=made, items=2, by=researcher)
    study_raise_overlap(study=made, overlap=3, by=researcher)
    said = " ".join(study_report(Study.objects.get()).exclusions)
    assert "Departs from the plan: overlap raised, from 2 to 3" in said and "Overlap raised, from 1 to 2, on" in said
    assert "Departs from the plan: reopened after it was closed" in said
    assert "Departs from the plan: items added, from 4 to 6" in said


def test_assigned_items_go_to_their_people_only_and_the_overlap_holds(annotator: User, researcher: User) -> None:
    made = study(items=4, overlap=1)
    mine = items_assign(study=made, person=annotator, n=3, by=researcher)
    other = participant(made, "ann-2")
    judge(other)
    assert mine.items == 3 and isinstance(item_next(participant=other), Finished)
    who = participant(made, "anna")
    for _ in range(3):
        judge(who)
    assert isinstance(item_next(participant=who), Finished)
    assert set(made.items.values_list("n_judged", flat=True)) == {1}


def test_items_of_a_group_are_everybody_s_again_when_taken_back(annotator: User, researcher: User) -> None:
    made, group = study(items=2, overlap=1), Group.objects.create(name="experts")
    said = items_assign(study=made, group=group, by=researcher)
    assert said.too_few == "Only 0 can judge these items, which want 1 judgments each; assign them to others too"
    assert isinstance(item_next(participant=participant(made, "anna")), Finished)
    with pytest.raises(PeopleRefused, match="assigned to the group experts"):
        group_delete(group=group)
    assert items_unassign(study=made, by=researcher) == 2
    assert isinstance(item_next(participant=participant(made, "anna")), Lease)


def test_a_study_s_group_is_not_deleted_under_it() -> None:
    """Of no group it would be open to everybody."""
    group = Group.objects.create(name="experts")
    other = study()
    group.user_set.set([participant(other, f"e-{i}").annotator for i in range(2)])
    made = study(run=Run.objects.get(), name="T", groups=[group])
    with pytest.raises(PeopleRefused, match="The group experts judges in T"):
        group_delete(group=group)
    assert made.groups.get() == group


def test_an_assignment_names_one_who_may_judge(as_researcher: Client, annotator: User) -> None:
    made, group = study(), Group.objects.create(name="experts")
    made.groups.add(group)
    for posted in (
        {},
        {"person": annotator.pk, "group": group.pk},
        {"person": annotator.pk},
        {"category": "none such"},
    ):
        assert manage(as_researcher, made, "assign", **posted).status_code == 422
    assert not Item.objects.filter(is_assigned=True).exists()


def test_after_the_deadline_nothing_is_taken_and_what_is_open_is_saved(researcher: User, as_annotator: Client) -> None:
    made = study(items=4, overlap=1)
    study_set_deadline(study=made, deadline=timezone.now() + timedelta(days=1), reminder="Half is done", by=researcher)
    assert "Half is done" in as_annotator.get("/judge/").content.decode()
    lease = item_next(participant=participant(made, "anna"))
    Study.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    audit_save(participant=lease.participant, judgment_id=save(lease).pk, filter_right=True)
    late = participant(Study.objects.get(), "anna")
    late.study.refresh_from_db()
    assert isinstance(item_next(participant=late), Finished)


def test_a_deadline_that_has_passed_is_refused(as_researcher: Client) -> None:
    answer = manage(as_researcher, study(), "deadline", deadline="2001-01-01T10:00", reminder="")
    assert "has passed already" in answer.content.decode()
