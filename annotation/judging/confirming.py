"""What annotators are to know and say before they judge on: the consent text, new guidelines, a protocol that has
changed, what is asked of themselves."""

import difflib
from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotation.design.demographics import PREFER_NOT, UNSAID, questions_of
from annotation.judging.participants import participant_lock, refuse_without_right
from annotation.judging.refusals import JudgingRefused, VersionChanged
from annotation.models import Demographics, Participant, Study

# What annotators see of a protocol; nothing else of it is told to them.
SEEN = {
    "scales": gettext_noop("The questions"),
    "typicality_after_yes": gettext_noop("Typical is asked only after yes"),
    "guidelines": gettext_noop("The guidelines"),
    "consent": gettext_noop("The consent text"),
    "terms": gettext_noop("Time and pay"),
    "cap": gettext_noop("Judgments of one person, at most"),
}


def refuse_other_version(participant: Participant, version: int) -> None:
    """Under the participant's lock: what was shown must be what is asked now."""
    now = participant.version_now
    if version == now:
        return
    if not 1 <= version < now:
        said = _("The protocol has no version %(shown)s; the present one is %(now)s: look at it, then save")
    else:
        said = _("The protocol has changed since this item was shown: look at your answers, then save again")
    raise VersionChanged(said % {"shown": version, "now": now}, now, changes_since(participant.study, version))


def changes_since(study: Study, version: int) -> list[dict]:
    """What people see and what is not as it was in that version; of an unknown one nothing can be told."""
    before = study.versions.filter(number=version).values_list("protocol", flat=True).first()
    if before is None:
        return []
    present = Study.objects.get(pk=study.pk)
    after = {name: getattr(present, name) for name in SEEN}
    changed = [name for name in SEEN if name in before and before[name] != after[name]]
    return [
        {"what": name, "words": _(SEEN[name]), "before": _told(before[name]), "after": _told(after[name])}
        for name in changed
    ]


def to_confirm(participant: Participant) -> dict:
    """The consent text if it is owed, and the lines of the guidelines that came and went."""
    study = Study.objects.get(pk=participant.study_id)
    owes_consent = participant.consent_version < study.consent_version
    changed = participant.guidelines_version < study.guidelines_version
    return {
        "consent": study.consent if owes_consent else "",
        "lines": _lines_changed(participant, study) if changed else [],
        "version": study.version,
    }


@transaction.atomic
def participant_confirm(*, participant: Participant, version: int, consent: bool = False) -> None:
    participant = participant_lock(participant)
    refuse_without_right(participant)
    refuse_other_version(participant, version)
    mine, study = Participant.objects.filter(pk=participant.pk), participant.study
    if participant.consent_version < study.consent_version:
        if not consent:
            raise JudgingRefused(_("Accept the text to go on, or close the page"))
        mine.update(consent_version=study.consent_version, consented_at=Now())
    mine.update(guidelines_version=study.guidelines_version)


def demographics_shown(participant: Participant, said: Mapping[str, str]) -> dict:
    """The questions of the study as the page asks them, and what else was said in the form that led there."""
    asked = [
        {
            "name": each.name,
            "text": each.text,
            "is_long": each.is_long,
            "options": [*each.options, (UNSAID, _(PREFER_NOT))],
            "said": said.get(each.name, ""),
        }
        for each in questions_of(_asked_in(participant))
    ]
    names = {each["name"] for each in asked}
    return {"asked": asked, "kept": {name: value for name, value in said.items() if name not in names}}


@transaction.atomic
def demographics_save(*, participant: Participant, answers: Mapping[str, str]) -> None:
    """The first answers stay: a second click changes nothing. Raises JudgingRefused where one is missing or unknown."""
    participant = participant_lock(participant)
    refuse_without_right(participant)
    asked = questions_of(_asked_in(participant))
    if unknown := sorted(set(answers) - {each.name for each in asked}):
        raise JudgingRefused(_("%(name)s is not asked here") % {"name": unknown[0][:40]})
    for each in asked:
        if answers.get(each.name) not in each.values:
            why = _("Answer “%(question)s”, or choose “%(prefer)s”")
            raise JudgingRefused(why % {"question": each.text, "prefer": _(PREFER_NOT)})
    if asked:
        Demographics.objects.get_or_create(participant=participant, defaults={"answers": dict(answers)})


def _asked_in(participant: Participant) -> list[str]:
    return Study.objects.values_list("demographics", flat=True).get(pk=participant.study_id)


def _lines_changed(participant: Participant, study: Study) -> list[dict]:
    earlier = study.versions.filter(number=participant.guidelines_version).values_list("protocol", flat=True).first()
    before = (earlier or {}).get("guidelines", "")
    told = difflib.ndiff(before.splitlines(), study.guidelines.splitlines())
    return [{"is_new": line[0] == "+", "text": line[2:]} for line in told if line[0] in "+-" and line[2:].strip()]


def _told(value: object) -> str:
    if isinstance(value, list):  # scales
        return " ".join(
            f"{each['text']} ({' / '.join(option['label'] for option in each['options'])})" for each in value
        )
    return str(value)
