"""Rows that must be read judgment by judgment; of very many judgments only those of some items."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import ceil, log2

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Func, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import Least

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import LONGEST_SECONDS, People, Person, RatedTwice, Revealed
from annotation.judging.qualification import is_as_expected
from annotation.models import Judgment, JudgmentRevision, Kind, Participant, Study
from stats.packing import unit, unpack

MOST_ROWS = 100_000  # judgments; of more, those of every second item, or fourth ...
# The counts of an item as one number, then items alike as one row.
_ALIKE = """
    SELECT packed, i.stratum, i.inclusion_probability, count(*)
    FROM ({judgments}) j (item_id, packed) JOIN annotation_item i ON i.id = j.item_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def one_in(asked: Asked) -> int:
    """Of one in how many items the judgments are read one by one; a power of two."""
    judged = sum(asked.study.participants.values_list("n_judged", flat=True))
    return 2 ** max(0, ceil(log2(max(judged, 1) / MOST_ROWS)))


def some_judgments(asked: Asked, part: int, *, with_excluded: bool = False) -> QuerySet[Judgment]:
    """The chosen judgments of one in `part` items: the same items each time, as their ids' hash decides."""
    selection = replace(asked.selection, with_excluded=with_excluded or asked.selection.with_excluded)
    judgments = selection.judgments(asked.study).order_by()
    if part == 1:
        return judgments
    place = Func(F("item_id"), function="hashint8", output_field=IntegerField()).bitand(part - 1)
    return judgments.alias(place=place).filter(place=0)


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
        stratum=np.unique(np.array(stratum, dtype=str), return_inverse=True)[1],
        inclusion=np.array(inclusion, dtype=float),
        items=np.array(items, dtype=np.int64),
        part=part,
    )


def revealed(asked: Asked) -> Revealed:
    shown, moved = _shown(asked), _moved(asked)
    unmoved = shown - Counter(who for who, *_ in moved)
    # Without a move the verdict makes no difference.
    rows = [(*each, 1) for each in moved] + [(who, 0, 0, True, n) for who, n in unmoved.items()]
    who, before, after, verdict, n = _columns(rows, 5)
    return Revealed(who, before, after, verdict.astype(bool), n, revised=len(moved))


def _shown(asked: Asked) -> Counter[int]:
    """Judgments by participant after which the verdict was shown."""
    judgments = asked.selection.judgments(asked.study).filter(audit_asked=True).order_by()
    return Counter(dict(judgments.values_list("participant_id").annotate(n=Count("pk"))))


def _moved(asked: Asked) -> list[tuple[int, int, int, bool]]:
    """Participant, plausibility before and after, verdict: by the last of the revisions after the reveal; those that
    moved typicality only are among the unmoved."""
    of_judgments = asked.selection.judgments(asked.study).filter(audit_asked=True).values("pk")
    revisions = JudgmentRevision.objects.filter(
        after_reveal=True, judgment__in=of_judgments, judgment__item__filter_yes__isnull=False
    )
    last = revisions.order_by("judgment_id", "-pk").distinct("judgment_id")
    columns = ("judgment__participant_id", "judgment__plausibility", "plausibility", "judgment__item__filter_yes")
    return list(last.values_list(*columns))


def people(asked: Asked) -> People:
    part, plausible = one_in(asked), asked.study.questions[0]
    # By way of the milliseconds that an export has, so that it gives the same seconds.
    exported = Func(F("active_seconds") * 1000.0, function="round") / 1000.0
    whole = Least(Func(exported, function="round"), Value(float(LONGEST_SECONDS)), output_field=IntegerField())
    columns = ("participant_id", "participant__state", "plausibility", "item__plausibility_tally", "whole")
    judgments = some_judgments(asked, part, with_excluded=True).annotate(whole=whole)
    rows = sorted(judgments.values_list(*columns).annotate(n=Count("pk")))
    counts = np.array([state != Participant.State.EXCLUDED for _, state, *_ in rows], dtype=bool)
    who, answer, tally, seconds, n = _columns([(row[0], *row[2:]) for row in rows], 5)
    of_item = unpack(tally, len(plausible.options))
    return People(
        known=_known(asked.study),
        who=who,
        counts=counts,
        says_yes=answer >= plausible.positive_from,
        yes=of_item @ plausible.says_yes,
        judged=of_item.sum(axis=1),
        seconds=seconds,
        n=n,
        gold=_gold(asked.study),
        repeats=_repeats(asked.study),
        part=part,
    )


def _known(study: Study) -> list[Person]:
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
    """Alike is on the same sides as the first time."""
    if not study.repeat_share:
        return {}
    plausible, typical = study.questions
    again = Judgment.objects.filter(
        participant__study=study, kind=Kind.REPEAT, item__judgments__kind=Kind.ITEM,
        item__judgments__participant=F("participant"),
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
