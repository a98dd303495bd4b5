"""The rows that figures are computed from, counted in an exported CSV judgment by judgment.

Neither the tallies on the items nor the patterns that they are grouped by are read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from csv import DictReader
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation.exchange.exports.skips import skips_csv
from annotation.figures.patterns import MOST_ALONE, By, Patterns, Progress, patterns_of, unjudged
from annotation.figures.rates import positive
from annotation.figures.rows import kinds
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.live import Live
from annotation.figures.rows.moments import moments
from annotation.figures.rows.totals import Totals
from annotation.figures.speaking import response_factors
from annotation.models import Kind
from annotation.recheck.columns import NOT_SAID, Columns
from annotation.scales import Question
from common.counting import is_first
from stats.packing import unit

KEPT = {"kept": True, "rejected": False, "": None}


@dataclass(frozen=True, slots=True)
class Exported:
    """In the place of `Live`. `rows` are the judgments that count."""

    asked: Asked
    csv: Columns
    kept: dict = field(default_factory=dict)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        if what not in self.kept:
            self.kept[what] = make()
        return self.kept[what]

    def of_items(self) -> "Exported":
        return self

    @property
    def rows(self) -> NDArray:
        return self.once("rows", lambda: self.csv.rows[self.csv.rows["counts"]])

    @property
    def _items(self) -> NDArray[np.int64]:
        """Those that have a judgment that counts."""
        return self.once("items", lambda: np.unique(self.rows["item"]))

    def _cells(self, name: str) -> NDArray[np.str_]:
        return self.csv.items[name][self._items]

    def _names(self, rows: NDArray) -> NDArray[np.str_]:
        return self.csv.annotators[rows["who"]]

    def _by_item(self, rows: NDArray) -> NDArray[np.int64]:
        return np.bincount(rows["item"], minlength=len(self.csv.ids))

    def _answering(self, rows: NDArray, question: Question) -> tuple[NDArray, NDArray[np.bool_]]:
        """The rows that answer, and whether each says yes."""
        said = rows[rows[question.name] != NOT_SAID]
        return said, np.array(question.says_yes)[said[question.name]]

    def judged(self, by: By = "relation") -> tuple[Patterns, Progress]:
        """A row each item. Whom the judged speak for the database says: a CSV knows nothing of the unjudged."""
        return self.once(f"rows by {by}", lambda: (self._patterns(by), self._progress()))

    def _patterns(self, by: By) -> Patterns:
        study, n, counts = self.asked.study, self._by_item(self.rows)[self._items], self._counts()
        columns = {
            "items": np.ones(len(n), dtype=np.int64),
            "group": self._cells(by),
            "kept": np.array([KEPT[each] for each in self._cells("filter").tolist()], dtype=object),
            "complete": (n >= study.overlap) | (study.state == study.State.CLOSED),
            "stratum": self._cells("stratum"),
            "inclusion": self._cells("inclusion_probability").astype(float),
            **{name: each @ [unit(place) for place in range(each.shape[1])] for name, each in counts.items()},
        }
        if study.n_items <= MOST_ALONE:
            columns["p_yes"] = np.where(self._cells("p_yes") == "", "nan", self._cells("p_yes")).astype(float)
        others = unjudged(study)
        nothing = np.zeros(len(others["items"]), dtype=np.int64)
        columns = {name: np.r_[column, others.get(name, nothing)] for name, column in columns.items()}
        return replace(patterns_of(columns, study.questions, has_unjudged=True), counts=counts)

    def _counts(self) -> dict[str, NDArray[np.int64]]:
        """How often each answer counts, by question and item."""
        found = {}
        for each in self.asked.study.questions:
            said, n = self._answering(self.rows, each)[0], len(each.options)
            cells = np.bincount(said["item"] * n + said[each.name], minlength=len(self.csv.ids) * n)
            found[each.name] = cells.reshape(-1, n)[self._items]
        return found

    def _progress(self) -> Progress:
        study = self.asked.study
        complete = int((self._by_item(self.rows) == study.overlap).sum())
        return Progress(study.n_items, study.n_items * study.overlap, complete, None)

    def totals(self, by: By = "relation") -> Totals:
        """Those of the database: a CSV knows nothing of the runs whole."""
        return Live(self.asked).totals(by)

    def of_run(self) -> None:
        """A CSV has what was judged only."""
        return None

    def decided(self) -> kinds.Decided:
        """Rows alike as one, in the order of the database: which side of a wanted precision of exactly 0.8 a threshold
        comes out on follows from the order in which its items are added up."""
        rows, study = self.judged()[0], self.asked.study
        says, n = positive(rows, study.questions[0])
        among = (2 * says != n) & rows.filtered & rows.complete
        said, verdict = (self._cells(name)[among] for name in ("p_yes", "verdict"))
        p_yes = np.where(said == "", verdict == "yes", np.where(said == "", "0", said).astype(float))
        cuts = np.array(kinds.cuts_of(study))
        step = cuts[np.searchsorted(cuts, p_yes, side="right") - 1]
        columns = [step, (2 * says > n)[among], rows.inclusion[among], rows.stratum[among]]
        (step, plausible, inclusion, code), items = np.unique(columns, axis=1, return_counts=True)
        stratum = np.unique(rows.strata)[code.astype(int)]
        weights = response_factors(rows, stratum, of_complete=True) / inclusion
        return kinds.Decided(kinds.steps_of(study), step, plausible == 1, stratum, weights, items.astype(float))

    def grown(self) -> list[kinds.Grown]:
        """The counts of an item grow judgment by judgment; at which moments they are told is the study's to say."""
        rows = self.rows[np.lexsort((self.rows["at"], self.rows["item"]))]
        item, units = rows["item"], np.array([unit(place) for place in rows["plausibility"].tolist()], dtype=np.int64)
        grown = np.cumsum(units)
        before = (grown - units)[np.searchsorted(item, item)]
        step = np.searchsorted([moment.timestamp() for moment in moments(self.asked)], rows["at"], side="right")
        alike, n = np.unique([step, grown - before, units], axis=1, return_counts=True)
        return [kinds.Grown(*each) for each in zip(*alike.tolist(), n.tolist(), strict=True)]

    def rated_twice(self) -> kinds.RatedTwice:
        rows, judged = self.rows[self.rows["typicality"] != NOT_SAID], self.judged()[0]
        shape = (len(self.csv.ids), *(len(question.options) for question in self.asked.study.questions))
        counts = np.zeros(shape, dtype=np.int64)
        np.add.at(counts, (rows["item"], rows["plausibility"], rows["typicality"]), 1)
        counts = counts[self._items]
        said = counts.sum(axis=(1, 2)) > 0
        return kinds.RatedTwice(counts[said], judged.strata[said], judged.inclusion[said], judged.items[said], part=1)

    def revised(self) -> kinds.Revised:
        verdict = self.csv.items["verdict"][self.rows["item"]]
        rows, is_yes = self.rows[verdict != ""], verdict[verdict != ""] == "yes"
        revealed, n = _revealed(rows), np.ones(len(rows), dtype=np.int64)
        before = np.where(revealed, rows["plausibility"], rows["first"])
        after = np.where(rows["after"] != NOT_SAID, rows["after"], rows["plausibility"])
        return kinds.Revised(rows["who"], before, after, is_yes, revealed, n)

    def repeated(self) -> kinds.Repeated:
        one, two = self._twice(self.rows)
        first, again = (_answers(rows)[~_revealed(one)] for rows in (one, two))
        return kinds.Repeated(first, again, np.ones(len(first), dtype=np.int64), int(_revealed(one).sum()))

    def _twice(self, firsts: NDArray) -> tuple[NDArray, NDArray]:
        """First judgments, and those of the same items by the same annotators again."""
        repeats = self.csv.rows[self.csv.rows["kind"] == Kind.REPEAT]
        of = {key: k for k, key in enumerate(_keys(firsts))}
        pairs = [(of[key], k) for k, key in enumerate(_keys(repeats)) if key in of]
        one, two = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return firsts[one], repeats[two]

    def answers(self) -> kinds.Answers:
        return kinds.Answers(self.rows["item"], self._names(self.rows), self.rows["plausibility"], part=1)

    def skipped(self, by: By = "relation") -> kinds.Skipped:
        """From their own export, of the same moment: they are no judgments."""
        text = b"".join(skips_csv(self.asked.study)).decode()
        rows = [row for row in DictReader(StringIO(text)) if row["counts"] == "true"]
        return kinds.Skipped(Counter((row[by], row["reason"]) for row in rows), len({row["item"] for row in rows}))

    def people(self) -> kinds.People:
        """Also those whose judgments don't count; who is not in the CSV has judged nothing."""
        rows, question = self._firsts(), self.asked.study.questions[0]
        says_yes, counting = self._answering(rows, question)[1], rows["counts"]
        return kinds.People(
            known=self._known(),
            who=rows["who"],
            counts=counting,
            says_yes=says_yes,
            yes=self._by_item(rows[counting & says_yes])[rows["item"]],
            judged=self._by_item(rows[counting])[rows["item"]],
            seconds=np.minimum(np.rint(rows["seconds"]), kinds.LONGEST_SECONDS).astype(np.int64),
            n=np.ones(len(rows), dtype=np.int64),
            gold={},
            repeats=self._alike() if self.asked.study.repeat_share else {},
            part=1,
        )

    def _firsts(self) -> NDArray:
        return self.csv.rows[is_first(self.csv.rows["kind"])]

    def _known(self) -> list[kinds.Person]:
        n = np.bincount(self._firsts()["who"], minlength=len(self.csv.annotators)).tolist()
        found = {
            name: kinds.Person(number, name, n[number]) for number, name in enumerate(self.csv.annotators.tolist())
        }
        names = self.asked.study.participants.values_list("pseudonym", flat=True)
        return [*found.values(), *(kinds.Person(-1, name, 0) for name in names if name not in found)]

    def _alike(self) -> dict[int, Counter[bool]]:
        """On the same sides as the first time; not asked both times is alike too."""
        from_yes = np.array([each.says_yes.index(True) for each in self.asked.study.questions])
        one, two = self._twice(self._firsts())
        first, again = (np.where(said == NOT_SAID, NOT_SAID, said >= from_yes) for said in map(_answers, (one, two)))
        found: dict[int, Counter[bool]] = defaultdict(Counter)
        for who, alike in zip(one["who"].tolist(), (first == again).all(axis=1).tolist(), strict=True):
            found[who][alike] += 1
        return found

    def audited(self) -> kinds.Audited:
        said = self.rows["audit"]
        return kinds.Audited(len(np.unique(self.rows["who"])), int((said >= 0).sum()), int((said == 1).sum()))

    def item_audits(self) -> kinds.ItemAudits:
        audits, right = (self._by_item(self.rows[by]) for by in (self.rows["audit"] >= 0, self.rows["audit"] == 1))
        at = audits > 0
        stratum, inclusion = self._drawn(np.flatnonzero(at))
        return kinds.ItemAudits(stratum, inclusion, audits[at], right[at], np.ones(int(at.sum()), dtype=np.int64))

    def _drawn(self, item: NDArray[np.int64]) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
        return self.csv.items["stratum"][item], self.csv.items["inclusion_probability"][item].astype(float)

    def labels(self, question: Question) -> kinds.Labels:
        rows, yes = self._answering(self.rows, question)
        judged, n = self._by_item(rows)[rows["item"]], np.ones(len(rows), dtype=np.int64)
        return kinds.Labels(self._names(rows), *self._drawn(rows["item"]), judged, n, yes.astype(np.int64))

    def single_votes(self) -> kinds.SingleVotes:
        """With the extra ones of people who are not excluded."""
        rows, out = self.csv.rows, self.asked.study.participants.excluded().values_list("pseudonym", flat=True)
        votes = rows[rows["counts"] | (rows["kind"] == Kind.EXTRA) & ~np.isin(self._names(rows), list(out))]
        votes = votes[np.lexsort((votes["who"], votes["item"]))]
        rows, yes = self._answering(votes[self.csv.items["filter"][votes["item"]] != ""], self.asked.study.questions[0])
        at, item = np.unique(rows["item"], return_inverse=True)
        kept = self.csv.items["filter"][at] == "kept"
        return kinds.SingleVotes(item, self._names(rows), yes, kept, *self._drawn(at), part=1)

    def pace(self) -> float:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        recent = self.rows["at"][self.rows["at"] >= (today - timedelta(days=kinds.PACE_DAYS - 1)).timestamp()]
        if not len(recent):
            return 0
        first = timezone.localdate(datetime.fromtimestamp(float(recent.min()), UTC))
        return len(recent) / ((today.date() - first).days + 1)


def _keys(rows: NDArray) -> list[tuple[int, int]]:
    return list(zip(rows["who"].tolist(), rows["item"].tolist(), strict=True))


def _answers(rows: NDArray) -> NDArray[np.int64]:
    return np.stack([rows["plausibility"], rows["typicality"]], axis=1)


def _revealed(rows: NDArray) -> NDArray[np.bool_]:
    """Who answered the audit, or revised after the reveal, has seen the verdict."""
    return (rows["audit"] != NOT_SAID) | (rows["after"] != NOT_SAID)
