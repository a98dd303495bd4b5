"""Who judges, how much, how quickly, and how far they agree with the others."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Scale, span
from annotation.figures.rows.kinds import People, Person, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, large, sampled, whole_percent
from annotation.models import Participant
from common.words import median_words
from stats.estimate import Estimate, undefined
from stats.filter.ceiling import agreement_with_others
from stats.rates import wilson

State = Participant.State
ORDER = (State.PAUSED, State.ACTIVE, State.UNQUALIFIED, State.EXCLUDED)
STYLES: dict[str, str] = {State.ACTIVE: "on", State.PAUSED: "wait"}
PLACE = Scale(0, 1, 0, 100)
NOBODY = undefined("nobody else has judged these items")


@dataclass(frozen=True, slots=True)
class Annotator:
    """`seconds` is the median of the active ones; None without judgments."""

    judgments: int
    seconds: int | None
    says_yes: Estimate
    agrees: Estimate
    gold: Estimate
    repeats: Estimate
    person: Person = field(compare=False)


@dataclass(frozen=True, slots=True)
class Annotators:
    """By pseudonym; seconds, yes and agreement are of 1 in `part` items."""

    people: dict[str, Annotator]
    part: int = field(compare=False)


def numbers(rows: Rows) -> Annotators:
    people = rows.people()
    agrees = _agreement_with_others(people)
    return Annotators({who.name: _annotator(who, people, agrees) for who in people.known}, people.part)


def _annotator(who: Person, people: People, agrees: dict[int, Estimate]) -> Annotator:
    theirs, timed = people.who == who.number, people.times.who == who.number
    n, yes = people.n[theirs], people.n[theirs & people.says_yes]
    return Annotator(
        judgments=who.judgments,
        seconds=_median(people.times.seconds[timed], people.times.n[timed]),
        says_yes=wilson(int(yes.sum()), int(n.sum())),
        agrees=agrees.get(who.number, NOBODY),
        gold=_right(people.gold.get(who.number), "no gold items judged"),
        repeats=_right(people.repeats.get(who.number), "no items judged twice"),
        person=who,
    )


def _agreement_with_others(rows: People) -> dict[int, Estimate]:
    # Whose judgments don't count are not in the sums that they are compared with.
    own, missing = rows.says_yes, ~rows.counts
    return agreement_with_others(rows.who, own, rows.yes + (missing & own), rows.judged + missing, items=rows.n)


def _median(seconds: np.ndarray, n: np.ndarray) -> int | None:
    """The lower of the two in the middle; `seconds[r]` of `n[r]` judgments."""
    if not len(n):
        return None
    order = np.argsort(seconds)
    return int(seconds[order][np.searchsorted(np.cumsum(n[order]), n.sum() / 2)])


def _right(counts: Counter[bool] | None, reason: str) -> Estimate:
    return wilson(counts[True], counts.total()) if counts else undefined(reason)


def words(found: Annotators) -> Shown:
    if not found.people:
        return Shown(empty="Nobody has begun yet.")
    people = sorted(found.people.values(), key=lambda each: ORDER.index(State(each.person.state)))
    return Shown(
        short="By pseudonym. Agrees: with the majority of the item's others, on a scale from 0 to 100 %, with 95 % "
        f"interval; compare people only where these are apart.{sampled(found.part)}",
        table=_table(people),
        more={"rows": [_row(each) for each in people]},
    )


def _table(people: list[Annotator]) -> Table:
    columns = (
        Column("Annotator"), Column("Judgments", "count"), Column("Median seconds", "number"),
        Column("Says yes", "share"), Column("Agrees with the others", "share"), Column("Gold as expected", "share"),
        Column("Repeats alike", "share"), Column("Flags"), Column("State"),
    )  # fmt: skip
    return Table("Annotators", columns, [_line(each) for each in people])


def _line(of: Annotator) -> tuple:
    figures = (of.judgments, of.seconds, of.says_yes, of.agrees, of.gold, of.repeats)
    return of.person.name, *figures, of.person.reason, of.person.state_words


def _row(of: Annotator) -> dict:
    agrees = of.agrees
    return {
        "name": of.person.name,
        "judgments": large(of.judgments),
        "seconds": "–" if of.seconds is None else f"{of.seconds} s" if of.seconds else median_words(0),
        "says_yes": whole_percent(of.says_yes.value),
        "span": span(agrees, PLACE),
        "agrees": whole_percent(agrees.value),
        "detail": f"({interval(agrees.ci95, whole_percent)}, n {large(agrees.n)})" if agrees.ci95 else agrees.reason,
        "gold": _of(of.gold),
        "repeats": _of(of.repeats),
        "repeats_interval": interval(of.repeats.ci95, whole_percent),
        "flags": of.person.reason,
        "state": of.person.state_words,
        "state_css": STYLES.get(of.person.state, "bad"),
    }


def _of(figure: Estimate) -> str:
    return "–" if figure.value is None else f"{round(figure.value * figure.n)} of {figure.n}"


PANEL = Panel(
    "annotators",
    "Annotators",
    How(
        "Agrees with the others: of the items on which an annotator's others have a majority, the share where this "
        "annotator says the same on plausible. Median time: with the page in front and in use. Gold: items with a "
        "known answer, answered as expected. Repeats: items shown twice, their verdict not revealed, on the same side "
        "both times. Gold and repeats are of the whole study, whatever is chosen above.",
        "",
        "Intervals: Wilson 1927, of judgments and of items.",
    ),
    numbers,
    words,
    template="studies/panels/annotators.html",
    is_wide=True,
)
