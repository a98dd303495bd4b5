"""How each annotator of a study works: figures for researchers, and rules that pause."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from annotation.design.rules import ALARM, FAST, SECONDS, rule_broken
from annotation.judging.quality.qualification import gold_is_right
from annotation.models import Judgment, Kind, Participant, Study
from annotation.models.protocol_fields import WINDOW
from annotation.scales import Preference
from common.counting import first_q, is_first, is_included
from stats.people.annotators import Quality, longest_line, pair_agreement, share

CHECK_EVERY = 10  # judgments
SAYINGS = 8  # more than there are answers that are compared
BY_RULE = "Rule: "  # how the reason of a pause by a rule begins


_Said = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # says, answer and meant of _Answers


@dataclass(frozen=True, slots=True)
class _Answers:
    """Judgments as columns of equal length, in the order in which they were made."""

    participant: NDArray[np.int64]
    item: NDArray[np.int64]
    kind: NDArray[np.str_]
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
    rows = judgments.order_by("pk").values_list(
        "participant_id", "item_id", "kind", "participant__state", *of_kind, "active_seconds", "audit_asked",
    )  # fmt: skip
    columns = zip(*rows.iterator(chunk_size=20_000), strict=True)
    participant, item, kind, state, first, second, seconds, revealed = tuple(columns) or ((),) * 8
    says, answer, meant = _preferred(first, second) if study.is_preference else _rated(study, first, second)
    return _Answers(
        participant=np.array(participant, dtype=np.int64),
        item=np.array(item, dtype=np.int64),
        kind=np.array(kind, dtype=str),
        counts=is_first(np.array(kind, dtype=str)) & is_included(np.array(state, dtype=str)),
        says=says,
        answer=answer,
        meant=meant,
        seconds=np.array(seconds, dtype=float),
        revealed=np.array(revealed, dtype=bool),
    )


def _rated(study: Study, plausibility: Sequence[int], typicality: Sequence[int | None]) -> _Said:
    plausible, typical = study.questions
    first = np.array(plausibility, dtype=np.int64)
    second = np.array([-1 if value is None else value for value in typicality], dtype=np.int64)
    says = (first >= plausible.positive_from).astype(np.int64)
    return says, first * 16 + second, says * 4 + np.where(second < 0, -1, second >= typical.positive_from)


def _preferred(preference: Sequence[int], first_left: Sequence[bool]) -> _Said:
    of_first = [
        said if is_left else Preference(said).mirrored for said, is_left in zip(preference, first_left, strict=True)
    ]
    meant = np.array(of_first, dtype=np.int64)
    return meant, np.array(preference, dtype=np.int64), meant


def _gold(study: Study, judgments: QuerySet[Judgment]) -> dict[int, list[bool]]:
    """Answers to gold items, by participant: right or not."""
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
        own = answers.participant == pk
        items = own & is_first(answers.kind)
        by_participant[pk] = Quality(
            judgments=int(items.sum()),
            gold=share(np.array(gold.get(pk, []), dtype=bool), "no gold items judged"),
            repeats=share(_consistent(answers, own, items), "no items judged twice"),
            agreement=pair_agreement(same[items], others[items]),
            fast=share(fast[own], "no judgments yet"),
            line=longest_line(answers.answer[items]),
            median_seconds=float(np.median(answers.seconds[own])) if own.any() else None,
        )
    return by_participant


def _consistent(answers: _Answers, own: NDArray[np.bool_], items: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each repeat: on the same side of plausible and of typical as the first time, or for the same intention of a
    pair. Who has seen the verdict would remember it."""
    items = items & ~answers.revealed
    first = dict(zip(answers.item[items].tolist(), answers.meant[items].tolist(), strict=True))
    repeats = own & (answers.kind == Kind.REPEAT)
    again = zip(answers.item[repeats].tolist(), answers.meant[repeats].tolist(), strict=True)
    return np.array([first[item] == meant for item, meant in again if item in first], dtype=bool)
