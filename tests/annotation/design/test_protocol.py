import pytest

from accounts.models import User
from annotation.design.protocol import StudyRefused, Wording, protocol_change
from annotation.judging.confirming import participant_confirm
from annotation.models import Judgment
from tests.annotation.builders import group_of, judge, participant, study

pytestmark = pytest.mark.django_db


def test_before_the_first_judgment_a_change_is_no_version() -> None:
    made = protocol_change(study=study(), by=None, guidelines="New")
    assert (made.guidelines, made.version, made.versions.count()) == ("New", 1, 0)


def test_after_it_the_protocol_as_it_stood_is_kept(researcher: User) -> None:
    made = study(guidelines="Old")
    judge(participant(made))
    protocol_change(study=made, by=researcher, guidelines="New", wording=Wording(plausibility="Believable?"))
    participant_confirm(participant=participant(made), version=2)
    judge(participant(made))
    kept = made.versions.get()
    assert (kept.number, kept.protocol["guidelines"], kept.changed_by) == (1, "Old", researcher)
    assert kept.protocol["scales"][0]["text"] == "Is it plausible?"
    assert list(Judgment.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]


def test_answers_that_were_given_keep_their_scale() -> None:
    made = study()
    judge(participant(made))
    with pytest.raises(StudyRefused, match="only their wording can change now"):
        protocol_change(study=made, by=None, preset="own", wording=Wording(typicality_answers=["A", "B", "C"]))


@pytest.mark.parametrize("change", [{"overlap": 3}, {"items": 9}, {"seed": 2}, {"runs": []}])
def test_the_sample_stands_once_a_study_is_made(change: dict) -> None:
    with pytest.raises(StudyRefused, match="can't change once a study is made"):
        protocol_change(study=study(), by=None, **change)


def test_groups_can_change_where_they_suffice() -> None:
    made, lab = study(overlap=2), group_of(1)
    with pytest.raises(StudyRefused, match="Lab has 1"):
        protocol_change(study=made, by=None, groups=[lab])
    assert not made.groups.exists()
