"""One annotator's work in a study over time, day by day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from annotation.judging.quality.measures import gold_is_right
from annotation.models import Kind, Participant
from annotation.scales import Question
from stats.packing import unpack

COLUMNS = ("created_at", "active_seconds", "plausibility", "kind", "item__plausibility_tally")


@dataclass(slots=True)
class Day:
    seconds: list[float] = field(default_factory=list)
    yes: list[bool] = field(default_factory=list)
    agrees: list[bool] = field(default_factory=list)  # with the majority of the item's others
    gold: list[bool] = field(default_factory=list)
    left_out: int = 0
    skips: int = 0


def days_of(person: Participant) -> dict[date, Day]:
    days: dict[date, Day] = defaultdict(Day)
    question = None if person.study.is_preference else person.study.questions[0]
    for at, seconds, said, kind, tally in person.judgments.exclude(kind=Kind.GOLD).values_list(*COLUMNS).iterator():
        day = days[timezone.localdate(at)]
        day.left_out += kind == Kind.LEFT_OUT
        if kind == Kind.ITEM:
            day.seconds.append(seconds)
            if question:
                _say(day, question, said, tally)
    for judgment in person.judgments.filter(kind=Kind.GOLD).select_related("item"):
        days[timezone.localdate(judgment.created_at)].gold.append(gold_is_right(judgment, person.study))
    for at in person.skips.values_list("created_at", flat=True):
        days[timezone.localdate(at)].skips += 1
    return days


def _say(day: Day, question: Question, said: int, tally: int) -> None:
    says_yes = said >= question.positive_from
    counts = unpack([tally], len(question.options))[0].tolist()
    yes = sum(n for n, is_yes in zip(counts, question.says_yes, strict=True) if is_yes)
    others_yes, others_no = yes - says_yes, sum(counts) - yes - (not says_yes)
    day.yes.append(says_yes)
    if others_yes != others_no:
        day.agrees.append(says_yes == (others_yes > others_no))
