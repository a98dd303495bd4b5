"""Rows that must be read judgment by judgment; of very many judgments only those of some items."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import ceil, log2
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Func, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import Least

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import LONGEST_SECONDS, Answers, People, Person, RatedTwice, Repeated, Revised, Times
from annotation.judging.quality.qualification import is_as_expected
from annotation.models import Judgment, JudgmentRevision, Kind, Study
from annotation.scales import Question
from annotation.selection import EVERYTHING
from common.counting import first_q, is_included
from stats.packing import unit, unpack

Move = tuple[int, int, int, bool, bool]

# Participants' counts of ratings by whether they differ from the verdict, and whether that was revealed.
SIDES = {
    "n_differed": (True, True), "n_agreed": (False, True),
    "n_differed_unshown": (True, False), "n_agreed_unshown": (False, False),
}  # fmt: skip
MOST_ROWS = 100_000  # judgments; of more, those of every second item, or fourth ...
# The counts of an item as one number, then items alike as one row.
_ALIKE = """
    SELECT packed, i.stratum, i.inclusion_probability, count(*)
    FROM ({judgments}) j (item_id, packed) JOIN annotation_item i ON i.id = j.item_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

# What people said, and how long they took, apart: together they would be many times the rows.
_SAID_AND_TIMED = """
    SELECT who, said, tally, seconds, count(*)
    FROM ({judgments}) j (who, said, tally, seconds)
    GROUP BY GROUPING SETS ((who, said, tally), (who, seconds)) ORDER BY 1, 2, 3, 4
"""


def one_in(asked: Asked) -> int:
    """Of one in how many items the judgments are read one by one; a power of two."""
    judged = sum(asked.study.participants.values_list("n_judged", flat=True))
    return 2 ** max(0, ceil(log2(max(judged, 1) / MOST_ROWS)))


def some_judgments(asked: Asked, part: int, *, with_excluded: bool = False) -> QuerySet[Judgment]:
    """The chosen judgments of one in `part` items: the same items each time, as their ids' hash decides."""
    selection = replace(asked.selection, with_excluded=with_excluded or asked.selection.with_excluded)
    return _of_some_items(selection.judgments(asked.study).order_by(), part)


def some_votes(asked: Asked, part: int) -> QuerySet[Judgment]:
    """The same, with extra votes."""
    return _of_some_items(asked.selection.votes(asked.study).order_by(), part)


def some_items(study: Study, part: int) -> list[int]:
    """Which items these are."""
    return list(_of_some_items(study.items.order_by(), part, "id").values_list("pk", flat=True))


def _of_some_items(rows: QuerySet[Any], part: int, item: str = "item_id") -> QuerySet[Any]:
    if part == 1:
        return rows
    place = Func(F(item), function="hashint8", output_field=IntegerField()).bitand(part - 1)
    return rows.alias(place=place).filter(place=0)


def rated_twice(asked: Asked) -> RatedTwice:
    part, (first, second) = one_in(asked), asked.study.questions
    units = [
        When(plausibility=one, typicality=other, then=Value(unit(i * len(second.options) + k), BigIntegerField()))
        for i, one in enumerate(first.ascending)
        for k, other in enumerate(second.ascending)
    ]
    packed = Sum(Case(*units, default=Value(0), output_field=BigIntegerField()), output_field=BigIntegerField())
    judgments = some_judgments(asked, part).filter(typicality__isnull=False)
    inner, values = judgments.values_list("item_id").annotate(packed=packed).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE.format(judgments=inner), values)
        rows = cursor.fetchall()
    counts, stratum, inclusion, items = zip(*rows, strict=True) if rows else ((),) * 4
    shape = (-1, len(first.options), len(second.options))
    return RatedTwice(
        counts=unpack(counts, len(first.options) * len(second.options)).reshape(shape),
        stratum=np.array(stratum, dtype=str),
        inclusion=np.array(inclusion, dtype=float),
        items=np.array(items, dtype=np.int64),
        part=part,
    )


def revised(asked: Asked) -> Revised:
    """Who said what after which verdict, less those of them who moved, and these."""
    question, moved = asked.study.questions[0], _moved(asked)
    stayed = _counted(asked.study, question) if asked.selection.counted == EVERYTHING else _said(asked, question)
    for (who, before, after, verdict, shown), n in moved.items():
        stayed[_still(question, who, before if shown else after, verdict, shown)] -= n
    return _in_places(question, stayed + moved)


def _still(question: Question, who: int, said: int, verdict: bool, shown: bool) -> Move:
    """Of a rating that was not revised only the side counts: the lowest stands for its own."""
    no, differs = question.ascending[0], (said >= question.positive_from) != verdict
    return who, no, no, differs, shown


def _in_places(question: Question, moves: Counter[Move]) -> Revised:
    who, before, after, verdict, shown, n = _columns([(*each, n) for each, n in moves.items()], 6)
    places = question.ascending
    before, after = np.searchsorted(places, before), np.searchsorted(places, after)
    return Revised(who, before, after, verdict == 1, shown == 1, n)


def _counted(study: Study, question: Question) -> Counter[Move]:
    """The judgments that count, as the participants have them: they are too many to be read."""
    no, found = question.ascending[0], Counter[Move]()
    for who, *counts in study.participants.included().values_list("pk", *SIDES):
        found.update({(who, no, no, *side): n for side, n in zip(SIDES.values(), counts, strict=True)})
    return found


def _said(asked: Asked, question: Question) -> Counter[Move]:
    """The chosen judgments."""
    judgments = asked.selection.judgments(asked.study).filter(item__filter_yes__isnull=False).order_by()
    alike = judgments.values_list("participant_id", "plausibility", "item__filter_yes", "audit_asked")
    found: Counter[Move] = Counter()
    for who, said, verdict, shown, n in alike.annotate(n=Count("pk")):
        found[_still(question, who, said, verdict, shown)] += n
    return found


def _moved(asked: Asked) -> Counter[Move]:
    """Those that were revised. After the reveal the judgment stays as it was, and the last revision stands
    beside it; where nothing was revealed, the first revision has what it was and the judgment the last."""
    of_judgments = asked.selection.judgments(asked.study).filter(item__filter_yes__isnull=False).values("pk")
    revisions = JudgmentRevision.objects.filter(judgment__in=of_judgments).order_by("judgment_id", "pk")
    columns = ("judgment__participant_id", "judgment__plausibility", "plausibility", "before__plausibility",
               "judgment__item__filter_yes", "judgment__audit_asked")  # fmt: skip
    after = revisions.filter(after_reveal=True).reverse().distinct("judgment_id").values_list(*columns)
    blind = revisions.filter(judgment__audit_asked=False).distinct("judgment_id").values_list(*columns)
    moved = [(who, now, last, *rest) for who, now, last, _, *rest in after]
    moved += [(who, first, now, *rest) for who, now, _, first, *rest in blind]
    return Counter(moved)


def repeated(asked: Asked) -> Repeated:
    """The first judgments are those chosen; of the second nothing but their kind is asked."""
    names = [question.name for question in asked.study.questions]
    again = {f"{name}_again": F(f"item__judgments__{name}") for name in names}
    judgments = asked.selection.judgments(asked.study).order_by()
    judgments = judgments.filter(item__judgments__kind=Kind.REPEAT, item__judgments__participant=F("participant"))
    rows = list(judgments.annotate(**again).values_list(*names, *again, "audit_asked").annotate(n=Count("pk")))
    blind = [row for row in rows if not row[4]]
    said = [[_place(question, row[k]) for k, question in enumerate(2 * asked.study.questions)] for row in blind]
    first, both = np.array(said, dtype=np.int64).reshape(-1, 2, 2).transpose(1, 0, 2)
    n = np.array([row[5] for row in blind], dtype=np.int64)
    return Repeated(first, both, n, revealed=sum(row[5] for row in rows) - int(n.sum()))


def _place(question: Question, value: int | None) -> int:
    return -1 if value is None else question.ascending.index(value)


def answers(asked: Asked) -> Answers:
    part, question = one_in(asked), asked.study.questions[0]
    rows = some_judgments(asked, part).values_list("item_id", "participant_id", "plausibility")
    item, who, answer = _columns(rows.iterator(chunk_size=20_000), 3)
    names = dict(asked.study.participants.values_list("pk", "pseudonym"))
    codes, place = np.unique(who, return_inverse=True)
    pseudonyms = np.array([names[pk] for pk in codes.tolist()], dtype=str)
    return Answers(item, pseudonyms[place], np.searchsorted(question.ascending, answer), part)


def people(asked: Asked) -> People:
    part, plausible = one_in(asked), asked.study.questions[0]
    # By way of the milliseconds that an export has, so that it gives the same seconds.
    exported = Func(F("active_seconds") * 1000.0, function="round") / 1000.0
    whole = Least(Func(exported, function="round"), Value(float(LONGEST_SECONDS)), output_field=IntegerField())
    columns = ("participant_id", "plausibility", "item__plausibility_tally", "whole")
    judgments = some_judgments(asked, part, with_excluded=True).annotate(whole=whole).values_list(*columns)
    inner, values = judgments.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SAID_AND_TIMED.format(judgments=inner), values)
        rows = cursor.fetchall()
    who, answer, tally, n = _columns([(*row[:3], row[4]) for row in rows if row[3] is None], 4)
    of_item, everybody = unpack(tally, len(plausible.options)), known(asked.study)
    return People(
        known=everybody,
        who=who,
        counts=np.isin(who, [each.number for each in everybody if is_included(each.state)]),
        says_yes=answer >= plausible.positive_from,
        yes=of_item @ plausible.says_yes,
        judged=of_item.sum(axis=1),
        n=n,
        times=Times(*_columns([(row[0], *row[3:]) for row in rows if row[3] is not None], 3)),
        gold=_gold(asked.study),
        repeats=_repeats(asked.study),
        part=part,
    )


def known(study: Study) -> list[Person]:
    return [
        Person(
            who.pk, who.pseudonym, who.n_judged, who.state, who.get_state_display().partition(":")[0], who.state_reason
        )
        for who in study.participants.order_by("pk")
    ]


def _gold(study: Study) -> dict[int, Counter[bool]]:
    if not study.items.filter(gold__isnull=False).exists():
        return {}
    answers = Judgment.objects.filter(participant__study=study, kind=Kind.GOLD).order_by()
    columns = answers.values_list("participant_id", "plausibility", "typicality", "item__gold")
    found: dict[int, Counter[bool]] = defaultdict(Counter)
    for who, first, second, gold, n in columns.annotate(n=Count("pk")):
        found[who][is_as_expected(study, first, second, gold)] += n
    return found


def _repeats(study: Study) -> dict[int, Counter[bool]]:
    """Alike is on the same sides as the first time. Whose verdict was revealed in between would be remembered."""
    if not study.repeat_share:
        return {}
    plausible, typical = study.questions
    again = Judgment.objects.filter(
        first_q("item__judgments__"), item__judgments__participant=F("participant"),
        item__judgments__audit_asked=False, participant__study=study, kind=Kind.REPEAT,
    ).order_by()  # fmt: skip
    earlier = {"was_first": F("item__judgments__plausibility"), "was_second": F("item__judgments__typicality")}
    columns = again.annotate(**earlier).values_list("participant_id", "plausibility", "typicality", *earlier)
    found: dict[int, Counter[bool]] = defaultdict(Counter)
    for who, first, second, was_first, was_second, n in columns.annotate(n=Count("pk")):
        same_second = second == was_second if None in (second, was_second) else typical.same_side(second, was_second)
        found[who][plausible.same_side(first, was_first) and same_second] += n
    return found


def _columns(rows: Iterable[tuple], n: int) -> np.ndarray:
    return np.array(list(rows), dtype=np.int64).reshape(-1, n).T
