"""What annotators of a study are asked and how: what may change while it runs, each change as a version."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypedDict, Unpack

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from annotation import scales
from annotation.design.demographics import asked_in_order, demographics_problem
from annotation.design.items import items_reblock
from annotation.design.rules import rules_problem
from annotation.models import Judgment, Lease, Study, StudyVersion
from annotation.scales import Option, Question
from common.refusals import Refused

OWN = "own"
PRESETS = (*scales.PRESETS, OWN)
POINTS = range(2, 8)  # of a typicality scale; with the two of plausibility the keys 1 to 9 suffice
TEXT_LENGTH, ANSWER_LENGTH, GUIDELINES_LENGTH = 200, 40, 50_000
CONSENT_LENGTH = 20_000


class StudyRefused(Refused):
    """One line for the person who asked: what is wrong and what to do; `field` of a form, where it is of one."""

    def __init__(self, line: str, field: str = "") -> None:
        super().__init__(line, field=field)


@dataclass(frozen=True, slots=True)
class Wording:
    """The questions in a researcher's words; what is empty stays as the preset has it. Answers: the best first."""

    plausibility: str = ""
    plausibility_answers: Sequence[str] = ()
    typicality: str = ""
    typicality_answers: Sequence[str] = ()
    typical_answers: int | None = None  # so many of them, from the best, count as typical; else the better half


class Protocol(TypedDict, total=False):
    preset: str
    wording: Wording
    typicality_after_yes: bool
    guidelines: str
    audit_share: float
    order: str
    qualification_items: int
    qualification_pass: int
    qualification_tries: int
    repeat_share: float
    repeat_distance: int
    extra_votes: int
    rules: dict
    lease_minutes: int
    cap: int
    terms: str
    consent: str
    demographics: list[str]
    seen: str


FIELDS = ("preset", "scales", *(name for name in Protocol.__annotations__ if name not in ("preset", "wording")))


def protocol_set(study: Study, protocol: Protocol) -> None:
    """Put a protocol into a study that is not saved yet, or refuse what can't be asked."""
    preset, wording = protocol.get("preset", study.preset), protocol.get("wording", Wording())
    if study.pk is None or {"preset", "wording"} & set(protocol):
        study.preset, study.scales = (
            (scales.PREFERENCE.name, scales.preference_as_json())
            if study.is_preference
            else (preset, scales_worded(preset, wording))
        )
        study.__dict__.pop("questions", None)  # cached from the scales before
    for name, value in protocol.items():
        if name not in ("preset", "wording"):
            setattr(study, name, value)
    if problem := demographics_problem(study.demographics):
        raise StudyRefused(problem)
    study.demographics = asked_in_order(study.demographics)
    _refuse_out_of_range(study)
    # Of two intentions no verdict is revealed: it would tell of one and not of the other.
    most = 0.0 if study.is_preference else most_revealed(study.repeat_share)
    study.audit_share = min(study.audit_share, most)


def most_revealed(repeat_share: float) -> float:
    """The share of judgments that may be followed by the verdict: only items whose verdict was not shown are repeated.

    Of n judgments n·r are repeats of as many others, which the n·(1 - r)·(1 - a) unrevealed ones must suffice for.
    """
    return 1 - repeat_share / (1 - repeat_share)


def scales_worded(preset: str, wording: Wording) -> list[dict]:
    if preset not in PRESETS:
        raise StudyRefused(f"Unknown preset {preset!r}; known are {', '.join(PRESETS)}")
    plausible, typical = scales.PRESETS[scales.PROPOSED if preset == OWN else preset]
    if preset == OWN and len(wording.typicality_answers) not in POINTS:
        n = len(wording.typicality_answers)
        raise StudyRefused(
            f"A scale of your own has 2 to 7 answers, the best first; this one has {n}", field="typicality_answers"
        )
    plausible = _worded(plausible, wording.plausibility, wording.plausibility_answers)
    typical = _worded(typical, wording.typicality, wording.typicality_answers, free=preset == OWN)
    points, typical_answers = len(typical.options), wording.typical_answers
    if typical_answers is not None and not 1 <= typical_answers < points:
        raise StudyRefused(
            f"Of {points} answers 1 to {points - 1} can count as typical, not {typical_answers}",
            field="typical_answers",
        )
    typical = replace(typical, positive_from=points - (typical_answers or points // 2))
    return [
        asdict(question) | {"options": [asdict(each) for each in question.options]} for question in (plausible, typical)
    ]


@transaction.atomic
def protocol_change(
    *, study: Study, by: User | None, groups: Sequence[Group] | None = None, **changes: Unpack[Protocol]
) -> Study:
    """From the first judgment on each change makes a new version, and the protocol as it stood is kept."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    if fixed := set(changes) - set(Protocol.__annotations__):
        raise StudyRefused(
            f"{', '.join(sorted(fixed))} can't change once a study is made: its sample stands; make a new study"
        )
    before = protocol_as_json(study)
    protocol_set(study, changes)
    refuse_unqualifiable(study, study.items.filter(gold__isnull=False).count())
    for cap in (study.cap, *study.links.exclude(cap=0).values_list("cap", flat=True)):
        refuse_cap(cap, study.qualification_items)
    refuse_too_few(study.overlap, groups or ())
    if groups is not None:
        study.groups.set(groups)
    after = protocol_as_json(study)
    if after == before:
        return study
    if _begun(study):
        _refuse_other_points(before["scales"], after["scales"])
        StudyVersion.objects.create(study=study, number=study.version, protocol=before, changed_by=by)
        study.version += 1
    texts_date(study, before)
    study.save(update_fields=[*FIELDS, "version", "consent_version", "guidelines_version"])
    if after["order"] != before["order"]:
        items_reblock(study)
    return study


def texts_date(study: Study, before: dict | None = None) -> None:
    """Put down which version the texts are of that annotators confirm."""
    before = before or {"guidelines": study.guidelines, "consent": ""}
    if study.guidelines != before["guidelines"]:
        study.guidelines_version = study.version
    if study.consent != before["consent"]:
        study.consent_version = study.version if study.consent else 0


def protocol_as_json(study: Study) -> dict:
    values = {name: getattr(study, name) for name in FIELDS}
    return values | {"groups": sorted(study.groups.values_list("name", flat=True))}


def refuse_unqualifiable(study: Study, n_gold: int) -> None:
    asked, right = study.qualification_items, study.qualification_pass
    if asked > n_gold:
        raise StudyRefused(
            f"The qualification asks {asked} gold items, but there are {n_gold}; add some or ask fewer",
            field="qualification_items",
        )
    if right > asked:
        raise StudyRefused(
            f"The qualification can't want {right} right of {asked} gold items; lower the pass mark",
            field="qualification_pass",
        )


def refuse_cap(cap: int, checks: int) -> None:
    """Of a study, or of a link to it."""
    if 0 < cap < checks:
        raise StudyRefused(
            f"One person would give at most {cap} judgments after {checks} check items; raise the cap to {checks} or "
            "more, ask fewer check items, or set no cap (0)",
            field="cap",
        )


def refuse_too_few(overlap: int, groups: Sequence[Group]) -> None:
    if groups and overlap > (able := eligible(groups)):
        names = ", ".join(group.name for group in groups)
        raise StudyRefused(
            f"Each item wants {overlap} annotators, but {names} has {able} that can sign in; "
            "lower the overlap or name more groups",
            field="overlap",
        )


def eligible(groups: Sequence[Group]) -> int:
    """How many people may judge: who is in the groups; without groups, every annotator."""
    active = User.objects.filter(is_active=True)
    chosen = active.filter(groups__in=groups) if groups else active.filter(role=User.Role.ANNOTATOR)
    return chosen.distinct().count()


def _worded(question: Question, text: str, answers: Sequence[str], free: bool = False) -> Question:
    answers = [answer.strip() for answer in answers] or [option.label for option in question.options]
    if len(answers) != len(question.options) and not free:
        raise StudyRefused(
            f"{question.short} has {len(question.options)} answers in this preset, not {len(answers)}; "
            f"word all of them, or choose the preset {OWN}"
        )
    if not all(answers) or len({answer.casefold() for answer in answers}) < len(answers):
        raise StudyRefused(f"{question.short}: each answer needs words of its own")
    if len(text) > TEXT_LENGTH or max(map(len, answers)) > ANSWER_LENGTH:
        raise StudyRefused(
            f"{question.short}: a question may have {TEXT_LENGTH} letters and an answer {ANSWER_LENGTH}; shorten it"
        )
    options = tuple(Option(len(answers) - 1 - place, label) for place, label in enumerate(answers))
    return replace(question, text=text.strip() or question.text, options=options)


def _refuse_out_of_range(study: Study) -> None:
    if len(study.guidelines) > GUIDELINES_LENGTH:
        raise StudyRefused(
            f"The guidelines have {len(study.guidelines):,} letters; {GUIDELINES_LENGTH:,} is the most that is shown",
            field="guidelines",
        )
    if len(study.consent) > CONSENT_LENGTH:
        raise StudyRefused(
            f"The consent text has {len(study.consent):,} letters; {CONSENT_LENGTH:,} is the most", field="consent"
        )
    if problem := rules_problem(study.rules):
        raise StudyRefused(problem)
    try:
        study.clean_fields(exclude={field.name for field in Study._meta.fields} - set(FIELDS))
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        label = next(field.verbose_name for field in Study._meta.fields if field.name == name).capitalize()
        raise StudyRefused(f"{label}: {messages[0].rstrip('.')}, not {getattr(study, name)}") from error


def _begun(study: Study) -> bool:
    """Whether somebody has judged, or has an item in front of them."""
    return Judgment.objects.filter(item__study=study).exists() or Lease.objects.filter(item__study=study).exists()


def _refuse_other_points(before: list[dict], after: list[dict]) -> None:
    for was, will in zip(before, after, strict=True):
        if len(was["options"]) != len(will["options"]) or was["positive_from"] != will["positive_from"]:
            raise StudyRefused(
                f"{was['short']}: answers have been given on its {len(was['options'])} points, so only their wording "
                "can change now; make a new study for another scale"
            )
