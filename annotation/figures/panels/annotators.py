"""Who judges, how much, how quickly, and how well that fits with the others."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, F, Func, IntegerField, Value
from django.db.models.functions import Least
from numpy.typing import NDArray

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import one_in, sampled_words, some_judgments
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import interval, large, whole_percent
from annotation.figures.plots import Scale, span
from annotation.judging.qualification import is_as_expected
from annotation.models import Judgment, Kind, Participant, Study
from annotation.scales import Question
from stats.estimate import Estimate, undefined
from stats.filter.ceiling import annotator_ceilings
from stats.packing import unpack
from stats.rates import wilson

State = Participant.State
ORDER = (State.PAUSED, State.ACTIVE, State.UNQUALIFIED, State.EXCLUDED)
LONGEST_SECONDS = 3600
PLACE = Scale(0, 1, 0, 100)
NOBODY = undefined("nobody else has judged these items")


def show(asked: Asked) -> Shown:
    people = sorted(asked.study.participants.order_by("pk"), key=lambda who: ORDER.index(State(who.state)))
    if not people:
        return Shown(empty="Nobody has begun yet.")
    part = one_in(asked)
    judged = _judged(asked, part)
    says_yes, agrees = _against_others(judged, asked.study.questions[0])
    seconds, gold, repeats = _seconds(judged), _gold(asked.study), _repeats(asked.study)
    rows = [
        {
            "name": who.pseudonym,
            "judgments": who.n_judged,
            "seconds": seconds.get(who.pk),
            "says_yes": says_yes.get(who.pk, undefined("no judgments yet")),
            "agrees": agrees.get(who.pk, NOBODY),
            "gold": gold.get(who.pk, undefined("no gold items judged")),
            "repeats": repeats.get(who.pk, undefined("no items judged twice")),
            "flags": who.state_reason,
            "state": who.get_state_display().partition(":")[0],
            "state_css": {State.ACTIVE: "on", State.PAUSED: "wait"}.get(who.state, "bad"),
        }
        for who in people
    ]
    return Shown(
        short="By pseudonym. Agrees: with the majority of the item's others, on a scale from 0 to 100 %, with 95 % "
        f"interval; compare people only where these are apart.{sampled_words(part)}",
        table=_table(rows),
        more={"rows": [_row(row) for row in rows]},
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """Columns of equal length; row r stands for `n[r]` judgments alike."""

    who: NDArray[np.int64]
    counts: NDArray[np.bool_]
    answer: NDArray[np.int64]
    tally: NDArray[np.int64]
    seconds: NDArray[np.int64]
    n: NDArray[np.int64]


def _judged(asked: Asked, part: int) -> _Judged:
    """Read once for all that the table says: the judgments are many."""
    # By way of the milliseconds that an export has, so that it gives the same seconds.
    exported = Func(F("active_seconds") * 1000.0, function="round") / 1000.0
    whole = Least(Func(exported, function="round"), Value(float(LONGEST_SECONDS)), output_field=IntegerField())
    columns = ("participant_id", "participant__state", "plausibility", "item__plausibility_tally", "whole")
    judgments = some_judgments(asked, part, with_excluded=True).annotate(whole=whole)
    rows = list(judgments.values_list(*columns).annotate(n=Count("pk")))
    who, state, answer, tally, seconds, n = zip(*sorted(rows), strict=True) if rows else ((),) * 6
    counts = np.array(state, dtype=str) != State.EXCLUDED
    numbers = (np.array(column, dtype=np.int64) for column in (who, answer, tally, seconds, n))
    who, answer, tally, seconds, n = numbers
    return _Judged(who, counts, answer, tally, seconds, n)


def _against_others(rows: _Judged, question: Question) -> tuple[dict[int, Estimate], dict[int, Estimate]]:
    """By participant: says yes, and agrees with the majority of the others."""
    own = rows.answer >= question.positive_from
    counts = unpack(rows.tally, len(question.options))
    # Whose judgments don't count are not in the tally that they are compared with.
    own_missing = ~rows.counts
    yes = counts @ question.says_yes + own_missing * own
    judged = counts.sum(axis=1) + own_missing
    found = annotator_ceilings(rows.who, own, yes, judged, own, items=rows.n)
    return (
        {pk: wilson(int(rows.n[(rows.who == pk) & own].sum()), int(rows.n[rows.who == pk].sum())) for pk in found},
        {pk: ceiling.annotators.accuracy for pk, ceiling in found.items()},
    )


def _seconds(rows: _Judged) -> dict[int, int]:
    """The median of the active seconds, to the second."""
    found = defaultdict(Counter)
    for who, second, n in zip(rows.who.tolist(), rows.seconds.tolist(), rows.n.tolist(), strict=True):
        found[who][second] += n
    return {who: _median(sorted(seconds.items())) for who, seconds in found.items()}


def _median(pairs: list[tuple[float, int]]) -> int:
    seconds, n = zip(*pairs, strict=True)
    return round(seconds[int(np.searchsorted(np.cumsum(n), sum(n) / 2))])


def _gold(study: Study) -> dict[int, Estimate]:
    """By participant: gold items answered as expected."""
    if not study.items.filter(gold__isnull=False).exists():
        return {}
    answers = Judgment.objects.filter(participant__study=study, kind=Kind.GOLD).order_by()
    columns = answers.values_list("participant_id", "plausibility", "typicality", "item__gold")
    found = defaultdict(Counter)
    for who, first, second, gold, n in columns.annotate(n=Count("pk")):
        found[who][is_as_expected(study, first, second, gold)] += n
    return _shares(found)


def _repeats(study: Study) -> dict[int, Estimate]:
    """By participant: repeated items answered on the same sides as the first time."""
    if not study.repeat_share:
        return {}
    plausible, typical = study.questions
    again = Judgment.objects.filter(
        participant__study=study, kind=Kind.REPEAT, item__judgments__kind=Kind.ITEM,
        item__judgments__participant=F("participant"),
    ).order_by()  # fmt: skip
    earlier = {"was_first": F("item__judgments__plausibility"), "was_second": F("item__judgments__typicality")}
    columns = again.annotate(**earlier).values_list("participant_id", "plausibility", "typicality", *earlier)
    found = defaultdict(Counter)
    for who, first, second, was_first, was_second, n in columns.annotate(n=Count("pk")):
        same_second = second == was_second if None in (second, was_second) else typical.same_side(second, was_second)
        found[who][plausible.same_side(first, was_first) and same_second] += n
    return _shares(found)


def _shares(found: dict[int, Counter[bool]]) -> dict[int, Estimate]:
    return {who: wilson(counts[True], counts.total()) for who, counts in found.items()}


def _row(row: dict) -> dict:
    agrees = row["agrees"]
    return {
        **row,
        "judgments": large(row["judgments"]),
        "seconds": "–" if row["seconds"] is None else f"{row['seconds']} s",
        "says_yes": whole_percent(row["says_yes"].value),
        "span": span(agrees, PLACE),
        "agrees": whole_percent(agrees.value),
        "detail": f"({interval(agrees.ci95, whole_percent)}, n {large(agrees.n)})" if agrees.ci95 else agrees.reason,
        "gold": _of(row["gold"]),
        "repeats": _of(row["repeats"]),
    }


def _of(figure: Estimate) -> str:
    return "–" if figure.value is None else f"{round(figure.value * figure.n)} of {figure.n}"


def _table(rows: list[dict]) -> Table:
    columns = (
        Column("Annotator"), Column("Judgments", "count"), Column("Median seconds", "number"),
        Column("Says yes", "share"), Column("Agrees with the others", "share"), Column("Gold as expected", "share"),
        Column("Repeats alike", "share"), Column("Flags"), Column("State"),
    )  # fmt: skip
    names = ("name", "judgments", "seconds", "says_yes", "agrees", "gold", "repeats", "flags", "state")
    return Table("Annotators", columns, [tuple(row[name] for name in names) for row in rows])


PANEL = Panel(
    "annotators",
    "Annotators",
    How(
        "Agrees with the others: of the items on which an annotator's others have a majority, the share where this "
        "annotator says the same on plausible. Median time: with the page in front and in use. Gold: items with a "
        "known answer, answered as expected. Repeats: items shown twice, on the same side both times. Gold and repeats "
        "are of the whole study, whatever is chosen above.",
        "",
        "Intervals: Wilson 1927, of judgments and of items.",
    ),
    show,
    template="studies/panels/annotators.html",
    is_wide=True,
)
