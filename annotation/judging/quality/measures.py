"""How each annotator of a study works: figures for researchers, and rules that pause."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce
from numpy.typing import NDArray

from annotation.design.rules import ALARM, FAST, SECONDS, rule_broken
from annotation.judging.quality.columns import number_columns
from annotation.judging.quality.qualification import gold_is_right
from annotation.models import Judgment, Kind, Participant, Study
from annotation.models.protocol_fields import WINDOW
from annotation.scales import Preference
from common.counting import first_q, included_q
from stats.people.annotators import Quality, longest_line, pair_agreement, share

CHECK_EVERY = 10  # judgments
SAYINGS = 8  # more than there are answers that are compared
BY_RULE = "Rule: "  # how the reason of a pause by a rule begins


_Said = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # says, answer and meant of _Answers


@dataclass(frozen=True, slots=True)
class _Answers:
    """Judgments as columns of equal length, of each annotator in the order in which they were made."""

    participant: NDArray[np.int64]
    item: NDArray[np.int64]
    is_first: NDArray[np.bool_]
    is_repeat: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    says: NDArray[np.int64]  # what others are compared on: plausible or not; of a pair which intention
    answer: NDArray[np.int64]  # as it was given: both ratings in one number; of a pair which side
    meant: NDArray[np.int64]  # plausible or not, and typical or not where that was asked; of a pair which intention
    seconds: NDArray[np.float64]
    revealed: NDArray[np.bool_]

    def compared(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each judgment: others on the same item that say the same, and all others."""
        item = np.unique(self.item, return_inverse=True)[1]
        cell = item * SAYINGS + self.says
        same, n = np.bincount(cell, self.counts)[cell], np.bincount(item, self.counts)[item]
        return (same - self.counts).astype(np.int64), (n - self.counts).astype(np.int64)


def annotators_quality(study: Study) -> dict[int, Quality]:
    """By participant, from all judgments of the study."""
    judgments = Judgment.objects.filter(item__study=study)
    return _by_participant(study, _answers(study, judgments), _gold(study, judgments))


def rules_check(participant: Participant) -> None:
    """After a judgment, under the participant's lock: pause by the first rule that is broken.

    An annotator whom a researcher has resumed, with a reason, is not paused by rules again.
    """
    rules = participant.study.rules
    if not set(rules) - {ALARM} or participant.state_reason or participant.n_judged % CHECK_EVERY:
        return
    if broken := rule_broken(rules, _recent_quality(participant)):
        Participant.objects.filter(pk=participant.pk, state=Participant.State.ACTIVE).update(
            state=Participant.State.PAUSED, state_reason=f"{BY_RULE}{broken}"
        )


def rules_alarm(study: Study) -> str:
    """One line where rules have paused more of the annotators than the study states; else empty."""
    limit = study.rules.get(ALARM)
    if limit is None:
        return ""
    begun = study.participants.filter(judgments__isnull=False).distinct()
    n, paused = begun.count(), begun.filter(state=Participant.State.PAUSED, state_reason__startswith=BY_RULE).count()
    if not n or paused / n <= limit:
        return ""
    return (
        f"Rules have paused {paused} of {n} annotators ({100 * paused / n:.0f} %), more than {100 * limit:.0f} %: "
        "look whether the rules or the guidelines are at fault"
    )


def _recent_quality(participant: Participant) -> Quality:
    recent = list(participant.judgments.order_by("-pk").values_list("pk", "item_id")[:WINDOW])
    pks, items = [pk for pk, _ in recent], [item for _, item in recent]
    answers = _answers(participant.study, Judgment.objects.filter(Q(pk__in=pks) | Q(item__in=items) & first_q()))
    gold = _gold(participant.study, Judgment.objects.filter(pk__in=pks))
    return _by_participant(participant.study, answers, gold, [participant.pk])[participant.pk]


def _answers(study: Study, judgments: QuerySet[Judgment]) -> _Answers:
    of_kind = ("preference", "first_left") if study.is_preference else ("plausibility", "typicality")
    whole = {
        "participant": F("participant_id"), "item": F("item_id"), "nth": F("id"), "first": _number(of_kind[0]),
        "second": _number(of_kind[1]), "is_first": _number(first_q()), "is_repeat": _number(Q(kind=Kind.REPEAT)),
        "is_included": _number(included_q("participant__")), "revealed": _number(Q(audit_asked=True)),
    }  # fmt: skip
    read = judgments.annotate(**{f"{name}_": each for name, each in whole.items()})
    found = number_columns(read, **{f"{name}_": "i8" for name in whole}, active_seconds="f8")
    order = np.lexsort((found["nth_"], found["participant_"]))
    of = {name.removesuffix("_"): column[order] for name, column in found.items()}
    says, answer, meant = (_preferred if study.is_preference else _rated)(study, of["first"], of["second"])
    return _Answers(
        participant=of["participant"],
        item=of["item"],
        is_first=of["is_first"] > 0,
        is_repeat=of["is_repeat"] > 0,
        counts=(of["is_first"] & of["is_included"]) > 0,
        says=says,
        answer=answer,
        meant=meant,
        seconds=of["active_seconds"],
        revealed=of["revealed"] > 0,
    )


def _number(of: str | Q) -> Coalesce | Case:
    """Whether something is so, or what a column says, -1 where that is nothing."""
    if isinstance(of, Q):
        return Case(When(of, then=Value(1)), default=Value(0))
    return Coalesce(Cast(of, IntegerField()), Value(-1))


def _rated(study: Study, first: NDArray[np.int64], second: NDArray[np.int64]) -> _Said:
    plausible, typical = study.questions
    says = (first >= plausible.positive_from).astype(np.int64)
    return says, first * 16 + second, says * 4 + np.where(second < 0, -1, second >= typical.positive_from)


def _preferred(study: Study, preference: NDArray[np.int64], first_left: NDArray[np.int64]) -> _Said:
    mirrored = np.array([0, *(each.mirrored for each in Preference)], dtype=np.int64)  # they are numbered from 1
    meant = np.where(first_left > 0, preference, mirrored[preference])
    return meant, preference, meant


def _gold(study: Study, judgments: QuerySet[Judgment]) -> dict[int, list[bool]]:
    """Answers to gold items, by participant: right or not."""
    if not study.items.filter(gold__isnull=False).exists():
        return {}
    right: dict[int, list[bool]] = {}
    for judgment in judgments.filter(kind=Kind.GOLD).select_related("item").order_by("pk"):
        right.setdefault(judgment.participant_id, []).append(gold_is_right(judgment, study))
    return right


def _by_participant(
    study: Study, answers: _Answers, gold: dict[int, list[bool]], only: list[int] | None = None
) -> dict[int, Quality]:
    fast = answers.seconds < study.rules.get(FAST, {}).get("seconds", SECONDS.default)
    same, others = answers.compared()
    by_participant = {}
    for pk in only or np.unique(answers.participant).tolist():
        own = slice(*np.searchsorted(answers.participant, (pk, pk + 1)))
        items = answers.is_first[own]
        by_participant[pk] = Quality(
            judgments=int(items.sum()),
            gold=share(np.array(gold.get(pk, []), dtype=bool), "no gold items judged"),
            repeats=share(_consistent(answers, own), "no items judged twice"),
            agreement=pair_agreement(same[own][items], others[own][items]),
            fast=share(fast[own], "no judgments yet"),
            line=longest_line(answers.answer[own][items]),
            median_seconds=float(np.median(answers.seconds[own])) if len(items) else None,
        )
    return by_participant


def _consistent(answers: _Answers, own: slice) -> NDArray[np.bool_]:
    """For each repeat: on the same side of plausible and of typical as the first time, or for the same intention of a
    pair. Who has seen the verdict would remember it."""
    item, meant, repeats = answers.item[own], answers.meant[own], answers.is_repeat[own]
    again = np.isin(item, item[repeats]) & answers.is_first[own] & ~answers.revealed[own]
    first = dict(zip(item[again].tolist(), meant[again].tolist(), strict=True))
    pairs = zip(item[repeats].tolist(), meant[repeats].tolist(), strict=True)
    return np.array([first[item] == meant for item, meant in pairs if item in first], dtype=bool)
