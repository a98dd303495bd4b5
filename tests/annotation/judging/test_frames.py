"""What is filled into a frame is what the templates would have made of it."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from annotation.judging.access import participant_of
from annotation.judging.allocation import item_next
from annotation.judging.frames import TASK, task_filled
from annotation.judging.page import page_context, reveal_context
from annotation.judging.participants import participant_get
from annotation.judging.writing import audit_save
from annotation.models import Participant, Study
from distillation.models import Intention, Product, Verdict
from tests.annotation.builders import prefer, preference_study, save, show_pictures, study

pytestmark = pytest.mark.django_db
ODD = "<b>\ue0000\ue001 & \"{{ odd }}\" 'ß'"


def whole(shown: dict) -> str:
    return render_to_string(TASK, {**shown, "oob": True})


def assert_same(shown: dict) -> None:
    for language in ("en", "de", "es"):
        with translation.override(language):
            for _first_and_filled in range(2):
                assert task_filled(shown) == whole(shown)


@pytest.fixture
def who(annotator: User) -> Participant:
    made = study(items=4, consent="")
    return participant_get(study_id=made.pk, annotator=annotator)


def test_an_item_and_its_reveal_are_what_the_templates_make_of_them(who: Participant) -> None:
    for title, text in ((ODD, ODD), ("A", "long " * 61)):
        Product.objects.update(title=title)
        Intention.objects.update(text=text)
        Verdict.objects.update(reason=text)
        for more in ({}, {"saved": True}, {"skipped": True}):
            assert_same(page_context(who, started=True, **more))
        judgment = save(item_next(participant=who), comment=text[:20])
        assert_same(reveal_context(who, judgment))
        audit_save(participant=who, judgment_id=judgment.pk, filter_right=True)


def test_pictures_and_verdicts_without_probability_change_the_frame(who: Participant) -> None:
    Verdict.objects.update(p_yes=None, yes=False)
    assert_same(page_context(who, started=True))
    show_pictures()
    assert_same(page_context(who, started=True))
    assert_same(reveal_context(who, save(item_next(participant=who), 0, 0)))


def test_a_pair_of_intentions_is_filled_in_too(annotator: User) -> None:
    made = preference_study(items=4, consent="")
    who = participant_get(study_id=made.pk, annotator=annotator)
    for _which_side in range(4):
        assert_same(page_context(who, started=True))
        judgment = prefer(who)
        assert_same(reveal_context(who, judgment)) if judgment.audit_asked else None


def test_a_study_that_has_changed_has_frames_of_its_own(who: Participant, annotator: User) -> None:
    assert "Is it plausible?" in str(task_filled(page_context(who, started=True)))
    scales = [{**asked, "text": f"{asked['text']} Really?"} for asked in who.study.scales]
    Study.objects.update(scales=scales)
    again = participant_of(annotator, who.study_id)
    assert "Is it plausible? Really?" in str(task_filled(page_context(again, started=True)))


def test_what_is_shown_now_and_then_has_no_frame(who: Participant) -> None:
    assert task_filled(page_context(who, started=True, error="Wrong")) is None
    assert task_filled(page_context(who, started=True, values={"comment": "x"})) is None
