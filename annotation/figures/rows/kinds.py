"""The kinds of rows that figures are computed from: few that stand for many items, or one for each judgment.

Where they come from is not their matter: `live` reads the database, `annotation.recheck` an exported CSV.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from annotation.figures.patterns import By, Patterns, Progress
from annotation.figures.periods.rows import Dated
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.totals import Totals
from annotation.models import Study
from annotation.scales import Question
from distillation.models import Run
from stats.estimate import Estimate

FINE, COARSE = 1000, 100  # steps of p(yes) from 0 to 1
MOST_FINE = 50_000  # items; of more the fine steps would be too many rows
PACE_DAYS = 7
LONGEST_SECONDS = 3600


class Rows(Protocol):
    """All of one study, chosen as `asked`."""

    @property
    def asked(self) -> Asked: ...
    def once(self, what: str, make: Callable[[], Made]) -> Made: ...
    def of_items(self) -> "Rows": ...
    def judged(self, by: By = "relation") -> tuple[Patterns, Progress]: ...
    def truth(self, by: By = "relation") -> Patterns: ...  # the judged, as the filter is set against them
    def totals(self, by: By = "relation") -> Totals: ...
    def decided(self) -> "Decided": ...
    def grown(self) -> list["Grown"]: ...
    def completed(self) -> "Completed": ...
    def rated_twice(self) -> "RatedTwice": ...
    def revised(self) -> "Revised": ...
    def repeated(self) -> "Repeated": ...
    def answers(self) -> "Answers": ...
    def looked(self) -> "Looked": ...
    def skipped(self, by: By = "relation") -> "Skipped": ...
    def people(self) -> "People": ...
    def audited(self) -> "Audited": ...
    def item_audits(self) -> "ItemAudits": ...
    def labels(self, question: Question) -> "Labels": ...
    def ballots(self) -> "Ballots": ...
    def single_votes(self) -> "SingleVotes": ...
    def pace(self) -> float: ...
    def pairs(self, a: Run, b: Run) -> "Pairs": ...  # whatever is chosen
    def dated(self) -> Dated: ...  # whatever is chosen
    def reported(self) -> "Reported": ...  # whatever is chosen
    def of_run(self) -> NDArray[np.int64] | None: ...  # verdicts by thousandths of p(yes); None where it isn't known


class Audited(NamedTuple):
    """Annotators with a judgment that counts, their audits, and those that say that the filter was right."""

    annotators: int
    audits: int
    right: int


@dataclass(frozen=True, slots=True)
class Decided:
    """Complete items with a verdict and a majority, by steps of p(yes); row r stands for `items[r]` items.

    `p_yes` is where its step begins: at the steps, and at the runs' strictness, nothing is lost.
    """

    steps: int
    p_yes: NDArray[np.float64]
    plausible: NDArray[np.bool_]
    stratum: NDArray[np.str_]
    weights: NDArray[np.float64]
    items: NDArray[np.float64]

    @property
    def told(self) -> str:
        """The same where these are: a judgment that completes no item changes none of them."""
        columns = (self.p_yes, self.plausible, self.stratum, self.weights, self.items)
        return hashlib.sha256(b"|".join(column.tobytes() for column in columns)).hexdigest()

    def arguments(self) -> dict:
        """As arguments of the functions in `stats`."""
        return {
            "p_yes": self.p_yes,
            "plausible": self.plausible,
            "weights": self.weights,
            "strata": self.stratum,
            "items": self.items,
        }


def steps_of(study: Study) -> int:
    return FINE if study.n_items <= MOST_FINE else COARSE


def cuts_of(study: Study) -> list[float]:
    """Where the steps of p(yes) begin, and what the runs keep."""
    steps = steps_of(study)
    return sorted({k / steps for k in range(steps + 1)} | {round(run.strictness, 3) for run in study.runs_in_order})


@dataclass(frozen=True, slots=True)
class Grown:
    """Judgments between two moments that brought an item's counts to `tally`, each by `unit`."""

    step: int
    tally: int
    unit: int
    n: int


@dataclass(frozen=True, slots=True)
class Completed:
    """Complete items with a verdict (rows,), by the moment of their last judgment: `truth` is 1 where most say
    plausible, 0 where most do not, one half at a tie."""

    step: NDArray[np.int64]
    truth: NDArray[np.float64]
    kept: NDArray[np.bool_]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    items: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatedTwice:
    """Items with judgments that rate both: counts (rows, plausibilities, typicalities); of 1 in `part` items."""

    counts: NDArray[np.int64]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    items: NDArray[np.int64]
    part: int


@dataclass(frozen=True, slots=True)
class Revised:
    """Judgments of items with a verdict, with plausibility as first said and as last, in places of the answers; row r
    stands for `n[r]`. Where the verdict was `revealed`, what was said before that comes first."""

    who: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    verdict: NDArray[np.bool_]
    revealed: NDArray[np.bool_]
    n: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Items judged twice by one annotator: places of both answers, first and again (rows, 2), -1 where not asked; row r
    stands for `n[r]`. Those `revealed` in between are left out: who has seen the verdict remembers it."""

    first: NDArray[np.int64]
    again: NDArray[np.int64]
    n: NDArray[np.int64]
    revealed: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Single judgments that count, with the place of the answer on plausible; of 1 in `part` items."""

    item: NDArray[np.int64]
    who: NDArray[np.str_]  # pseudonyms
    label: NDArray[np.int64]
    part: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Single judgments that count and whose page told what was seen: places of both answers (typicality -1 where it was
    not asked), and whether both pictures were `fully` looked at. `untold` more say nothing of it; of 1 in `part` items.
    """

    item: NDArray[np.int64]
    plausibility: NDArray[np.int64]
    typicality: NDArray[np.int64]
    fully: NDArray[np.bool_]
    untold: int
    part: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """How often items were skipped, by group and reason; `items` different ones."""

    times: dict[tuple[str, str], int]
    items: int


class Person(NamedTuple):
    """`number` is that in `People.who`."""

    number: int
    name: str
    judgments: int
    state: str = ""
    state_words: str = ""
    reason: str = ""


class Times(NamedTuple):
    """So many judgments of who took so many seconds (rows,)."""

    who: NDArray[np.int64]
    seconds: NDArray[np.int64]
    n: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """The judgments of all who take part, excluded or not, as columns; row r stands for `n[r]` alike.

    `yes` of the `judged` judgments of its item that count say yes. By number of the person: gold items answered as
    expected and not, repeated items answered alike and not.
    """

    known: list[Person]
    who: NDArray[np.int64]
    counts: NDArray[np.bool_]
    says_yes: NDArray[np.bool_]
    yes: NDArray[np.int64]
    judged: NDArray[np.int64]
    n: NDArray[np.int64]
    times: Times
    gold: dict[int, Counter[bool]]
    repeats: dict[int, Counter[bool]]
    part: int


@dataclass(frozen=True, slots=True)
class ItemAudits:
    """`right` of the `audits` of an item say that the filter was; row r stands for `items[r]` items alike."""

    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    audits: NDArray[np.int64]
    right: NDArray[np.int64]
    items: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labels:
    """Of annotator `who` so many `labels`, `yes` of which say so, on items with `judged` labels; row by row."""

    who: NDArray[np.str_]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    judged: NDArray[np.int64]
    labels: NDArray[np.int64]
    yes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ballots:
    """Of annotator `who` so many `labels` alike: `own` says plausible, as `yes` of the item's `judged` do. Those
    `complete` are of complete items with a verdict, which the filter is set against."""

    who: NDArray[np.str_]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    complete: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    own: NDArray[np.bool_]
    yes: NDArray[np.int64]
    judged: NDArray[np.int64]
    labels: NDArray[np.int64]

    def as_labels(self) -> Labels:
        return Labels(self.who, self.stratum, self.inclusion, self.judged, self.labels, self.labels * self.own)


@dataclass(frozen=True, slots=True)
class SingleVotes:
    """Who found which item with a verdict plausible (votes,), and what is known of these items (items,); of one in
    `part` of them."""

    item: NDArray[np.int64]
    who: NDArray[np.str_]
    yes: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    stratum: NDArray[np.str_]
    inclusion: NDArray[np.float64]
    part: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Judged items of two runs on the same co-buy and relation (rows,), in the order of the first run's `item`; by
    question how often each answer counts in the one and in the other (rows, answers). With their `weights` they speak
    for all drawn, a share `unjudged` of which is not."""

    item: NDArray[np.int64]
    cobuy: NDArray[Any]
    weights: NDArray[np.float64]
    unjudged: float
    tallies: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class Reported:
    """Beside the figures: `clustered` are the rates with co-buys as sampling units; `chances` how many chances of being
    drawn there are; skips by reason, other judgments by kind."""

    clustered: dict[str, Estimate]
    chances: int
    skips: dict[str, int]
    other_kinds: dict[str, int]
