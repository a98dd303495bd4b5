"""The rows that figures are computed from, counted in an exported CSV judgment by judgment.

Neither the tallies on the items nor the patterns that they are grouped by are read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from csv import DictReader
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from io import StringIO

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation.exchange.exports.skips import skips_csv
from annotation.figures.patterns import MOST_ALONE, By, Drawn, Patterns, Progress, unjudged
from annotation.figures.rates import positive
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.kinds import (
    LONGEST_SECONDS,
    PACE_DAYS,
    Answers,
    Audited,
    Decided,
    Grown,
    ItemAudits,
    Labels,
    People,
    Person,
    RatedTwice,
    Repeated,
    Revised,
    SingleVotes,
    Skipped,
    cuts_of,
    steps_of,
)
from annotation.figures.rows.live import Live
from annotation.figures.rows.moments import moments
from annotation.figures.rows.totals import Totals
from annotation.figures.speaking import response_factors
from annotation.recheck.columns import NOT_SAID, Columns
from annotation.recheck.labels import item_audits, labels, single_votes
from annotation.scales import Question
from stats.packing import unit

Sides = tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """In the place of `Live`; `csv` has the judgments of sampled items, `again` those of items shown twice."""

    asked: Asked
    csv: Columns
    again: Columns
    votes: Columns  # with the extra ones
    kept: dict = field(default_factory=dict)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        if what not in self.kept:
            self.kept[what] = make()
        return self.kept[what]

    def of_items(self) -> "Exported":
        return self

    @property
    def questions(self) -> tuple[Question, Question]:
        plausible, typical = self.asked.study.questions
        return plausible, typical

    def judged(self, by: By = "relation") -> tuple[Patterns, Progress]:
        """A row each item. Whom the judged speak for the database says: a CSV knows nothing of the unjudged."""
        return self.once(f"rows by {by}", lambda: (patterns := self._patterns(by), self._progress(patterns)))

    def _patterns(self, by: By) -> Patterns:
        csv, counts = self.csv, {question.name: self.csv.answers(question) for question in self.questions}
        drawn, complete = self._drawn(), self._complete(counts[self.questions[0].name].sum(axis=1))
        others = unjudged(self.asked.study)
        everybody = Drawn(*(np.r_[getattr(drawn, each.name), getattr(others, each.name)] for each in fields(Drawn)))
        silent = np.zeros(len(others.items), dtype=bool)
        response = everybody.response(np.r_[np.ones(len(complete), dtype=bool), silent])
        of_complete = everybody.response(np.r_[complete, silent], among=everybody.filtered)
        return Patterns(
            items=drawn.items,
            group=csv.of_items(by),
            kept=csv.of_items("filter") == "kept",
            filtered=drawn.filtered,
            complete=complete,
            stratum=np.unique(drawn.stratum, return_inverse=True)[1],
            strata=drawn.stratum,
            inclusion=drawn.inclusion,
            p_yes=drawn.p_yes,
            weights=response.weights[: len(complete)],
            complete_weights=of_complete.weights[: len(complete)],
            response=response,
            packed={name: each @ _units(each.shape[1]) for name, each in counts.items()},
            counts=counts,
        )

    def _drawn(self) -> Drawn:
        csv, p_yes = self.csv, self.csv.of_items("p_yes")
        is_read = (p_yes != "") & (self.asked.study.n_items <= MOST_ALONE)
        return Drawn(
            items=np.ones(len(p_yes), dtype=np.int64),
            stratum=csv.of_items("stratum"),
            inclusion=csv.of_items("inclusion_probability").astype(float),
            p_yes=np.where(is_read, np.where(is_read, p_yes, "nan").astype(float), np.nan),
            filtered=csv.of_items("filter") != "",
        )

    def _complete(self, n_judged: NDArray[np.int64]) -> NDArray[np.bool_]:
        study = self.asked.study
        return (n_judged >= study.overlap) | (study.state == study.State.CLOSED)

    def _progress(self, rows: Patterns) -> Progress:
        study, n_judged = self.asked.study, rows.counts[self.questions[0].name].sum(axis=1)
        return Progress(study.n_items, study.n_items * study.overlap, int((n_judged == study.overlap).sum()), None)

    def totals(self, by: By = "relation") -> Totals:
        """Those of the database: a CSV knows nothing of the runs whole."""
        return Live(self.asked).totals(by)

    def decided(self) -> Decided:
        """Rows alike as one, in the order of the database: which side of a wanted precision of exactly 0.8 a threshold
        comes out on follows from the order in which its items are added up."""
        rows, study = self.judged()[0], self.asked.study
        says, n = positive(rows, self.questions[0])
        among = (2 * says != n) & rows.filtered & rows.complete
        said, verdict = (self.csv.of_items(name)[among] for name in ("p_yes", "verdict"))
        p_yes = np.where(said == "", verdict == "yes", np.where(said == "", "0", said).astype(float))
        cuts = np.array(cuts_of(study))
        step = cuts[np.searchsorted(cuts, p_yes, side="right") - 1]
        columns = [step, (2 * says > n)[among], rows.inclusion[among], rows.stratum[among]]
        (step, plausible, inclusion, code), items = np.unique(columns, axis=1, return_counts=True)
        stratum = np.unique(rows.strata)[code.astype(int)]
        weights = response_factors(rows, stratum, of_complete=True) / inclusion
        return Decided(steps_of(study), step, plausible == 1, stratum, weights, items.astype(float))

    def grown(self) -> list[Grown]:
        """The counts of an item grow judgment by judgment; at which moments they are told is the study's to say."""
        csv, question = self.csv, self.questions[0]
        order = np.lexsort((csv["at"], csv["item"]))
        order = order[csv.counting[order]]
        units = np.array([unit(place) for place in range(len(question.options))])[csv["plausibility"][order]]
        item, grown = csv["item"][order], np.cumsum(units)
        before = (grown - units)[np.searchsorted(item, item)]
        cuts = [moment.timestamp() for moment in moments(self.asked)]
        step = np.searchsorted(cuts, csv["at"][order], side="right")
        alike, n = np.unique([step, grown - before, units], axis=1, return_counts=True)
        return [
            Grown(step, tally, by, times) for step, tally, by, times in zip(*alike.tolist(), n.tolist(), strict=True)
        ]

    def rated_twice(self) -> RatedTwice:
        csv, rows = self.csv, self.judged()[0]
        both = csv.counting & (csv["typicality"] != NOT_SAID)
        counts = np.zeros((csv.n_items, *(len(question.options) for question in self.questions)), dtype=np.int64)
        np.add.at(counts, tuple(csv[name][both] for name in ("item", "plausibility", "typicality")), 1)
        counts = counts[csv.with_counting]
        said = counts.sum(axis=(1, 2)) > 0
        return RatedTwice(counts[said], rows.strata[said], rows.inclusion[said], rows.items[said], part=1)

    def revised(self) -> Revised:
        csv = self.csv
        is_after, revealed = csv["after"] != NOT_SAID, _revealed(csv)
        before = np.where(revealed, csv["plausibility"], csv["first"])
        after = np.where(is_after, csv["after"], csv["plausibility"])
        verdict = csv.items["verdict"][csv["item"]]
        among = csv.counting & (verdict != "")
        return Revised(
            who=csv["annotator"][among],
            before=before[among],
            after=after[among],
            verdict=verdict[among] == "yes",
            revealed=revealed[among],
            n=np.ones(among.sum(), dtype=np.int64),
        )

    def repeated(self) -> Repeated:
        first, again = self._places(self.csv), self._places(self.again)
        counting, revealed = self.csv.counting, _revealed(self.csv)
        of = dict(zip(_keys(self.csv), range(len(counting)), strict=True))
        pairs = [(of[key], k) for k, key in enumerate(_keys(self.again)) if key in of and counting[of[key]]]
        one, two = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        blind = ~revealed[one]
        return Repeated(first[one[blind]], again[two[blind]], np.ones(blind.sum(), dtype=np.int64), int((~blind).sum()))

    def answers(self) -> Answers:
        csv, among = self.csv, self.csv.counting
        names = np.array(csv.annotators, dtype=str)
        return Answers(csv["item"][among], names[csv["annotator"][among]], csv["plausibility"][among], part=1)

    def skipped(self, by: By = "relation") -> Skipped:
        """From their own export, of the same moment: they are no judgments."""
        text = b"".join(skips_csv(self.asked.study)).decode()
        rows = [row for row in DictReader(StringIO(text)) if row["counts"] == "true"]
        return Skipped(Counter((row[by], row["reason"]) for row in rows), len({row["item"] for row in rows}))

    def _places(self, csv: Columns) -> NDArray[np.int64]:
        return np.stack([csv[question.name] for question in self.questions], axis=1)

    def people(self) -> People:
        """Also those whose judgments don't count; who is not in the CSV has judged nothing."""
        csv, item, counts, own = self.csv, self.csv["item"], self.csv.counting, self._yes(0, self.csv)
        return People(
            known=self._known(),
            who=csv["annotator"],
            counts=counts,
            says_yes=own,
            yes=np.bincount(item[counts & own], minlength=csv.n_items)[item],
            judged=np.bincount(item[counts], minlength=csv.n_items)[item],
            seconds=np.minimum(np.rint(csv["seconds"]), LONGEST_SECONDS).astype(np.int64),
            n=np.ones(len(item), dtype=np.int64),
            gold={},
            repeats=self._repeats() if self.asked.study.repeat_share else {},
            part=1,
        )

    def _known(self) -> list[Person]:
        csv = self.csv
        n = np.bincount(csv["annotator"], minlength=len(csv.annotators)).tolist()
        found = [Person(number, name, n[number]) for number, name in enumerate(csv.annotators)]
        others = set(self.asked.study.participants.values_list("pseudonym", flat=True)) - set(csv.annotators)
        return found + [Person(-1, name, 0) for name in others]

    def _yes(self, question: int, csv: Columns) -> NDArray[np.bool_]:
        return csv[self.questions[question].name] >= self.questions[question].says_yes.index(True)

    def _repeats(self) -> dict[int, Counter[bool]]:
        """On the same sides as the first time; not asked both times is alike too."""
        first = dict(self._sides(self.csv))
        found: dict[int, Counter[bool]] = defaultdict(Counter)
        for of, sides in self._sides(self.again):
            if of in first:
                found[of[0]][sides == first[of]] += 1
        return found

    def _sides(self, csv: Columns) -> list[tuple[tuple[int, int], Sides]]:
        """By annotator and item; None is not asked."""
        asked = [csv[question.name] != NOT_SAID for question in self.questions]
        sides = [np.where(asked[k], self._yes(k, csv), np.array(None)).tolist() for k in range(2)]
        return list(zip(_keys(csv), zip(*sides, strict=True), strict=True))

    def audited(self) -> Audited:
        csv = self.csv
        said = csv["audit"][csv.counting]
        return Audited(len(np.unique(csv["annotator"][csv.counting])), int((said >= 0).sum()), int((said == 1).sum()))

    def of_run(self) -> None:
        """A CSV has what was judged only."""
        return None

    def item_audits(self) -> ItemAudits:
        return item_audits(self.csv)

    def labels(self, question: Question) -> Labels:
        return labels(self.csv, question)

    def single_votes(self) -> SingleVotes:
        return single_votes(self.votes, self.questions[0])

    def pace(self) -> float:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        at = self.csv["at"][self.csv.counting]
        recent = at[at >= (today - timedelta(days=PACE_DAYS - 1)).timestamp()]
        if not len(recent):
            return 0
        first = timezone.localdate(datetime.fromtimestamp(float(recent.min()), UTC))
        return len(recent) / ((today.date() - first).days + 1)


def _keys(csv: Columns) -> list[tuple[int, int]]:
    """Annotator and item."""
    return list(zip(csv["annotator"].tolist(), csv["item"].tolist(), strict=True))


def _revealed(csv: Columns) -> NDArray[np.bool_]:
    """Who answered the audit, or revised after the reveal, has seen the verdict."""
    return (csv["audit"] != NOT_SAID) | (csv["after"] != NOT_SAID)


def exported_in(columns: Columns, asked: Asked) -> Exported:
    excluded = asked.study.participants.excluded().values_list("pseudonym", flat=True)
    return Exported(asked, columns.of_kind("item"), columns.of_kind("repeat"), columns.votes(list(excluded)))


def _units(options: int) -> NDArray[np.int64]:
    return np.array([unit(place) for place in range(options)], dtype=np.int64)
