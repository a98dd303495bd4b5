"""An export in the place of the database, item by item: its judgments are counted, and no tally of an item is read."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.columns import FILTER, NOT_SAID, Columns, answering
from annotation.figures.patterns import MOST_ALONE, By, Patterns, Progress, patterns_of, unjudged
from annotation.figures.periods.rows import Dated, dated_of, item_columns
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.singles import one_in, some_items
from annotation.figures.rows.totals import Totals, totals
from annotation.models import Adjudication, Kind
from annotation.selection import ADJUDICATED
from common.counting import is_first
from distillation.models import Verdict
from distillation.runs.p_yes import STEPS
from stats.packing import unit

DATED = {
    "year": "bought_year", "month": "bought_month", "category": "category", "relation": "relation",
    "stratum": "stratum", "inclusion": "inclusion_probability",
}  # fmt: skip


class NotTold(Exception):
    """What the file can't tell, and why."""


@dataclass(frozen=True, slots=True)
class ExportedItems:
    """`rows` are the chosen judgments that count, `items` a row of each item that has one."""

    asked: Asked
    csv: Columns
    found: dict = field(default_factory=dict)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        if what not in self.found:
            self.found[what] = make()
        return self.found[what]

    def of_items(self) -> Self:
        asked = self.asked.of_items()
        return self if asked == self.asked else type(self)(asked, self.csv)

    @property
    def rows(self) -> NDArray:
        return self.once("rows", lambda: self._chosen(self._counting()))

    def _counting(self) -> NDArray[np.bool_]:
        chosen = self.asked.selection
        if chosen.with_excluded:
            return self._firsts()
        return self._firsts() & ~self._is_out() if chosen.with_seen else self.csv.rows["counts"]

    def _firsts(self) -> NDArray[np.bool_]:
        kind = self.csv.rows["kind"]
        return is_first(kind) | (kind == Kind.SEEN) if self.asked.selection.with_seen else is_first(kind)

    def _is_out(self) -> NDArray[np.bool_]:
        out = self.asked.study.participants.excluded().values_list("pseudonym", flat=True)
        return np.isin(self.csv.rows["annotator"].astype(str), list(out))

    @property
    def items(self) -> NDArray:
        return self.once("items", lambda: self.rows[np.unique(self.rows["item"], return_index=True)[1]])

    def _chosen(self, among: NDArray[np.bool_]) -> NDArray:
        rows = self.csv.rows[among]
        return rows[self.asked.selection.of_rows(self.asked.study, rows.__getitem__, rows["at"])]

    def _some(self, rows: NDArray) -> NDArray:
        """Of very many those that are read one by one."""
        part = one_in(self.asked)
        return rows if part == 1 else rows[np.isin(rows["id"], some_items(self.asked.study, part))]

    def _by_item(self, rows: NDArray) -> NDArray[np.int64]:
        return np.bincount(rows["item"], minlength=self.csv.n_items)

    def judged(self, by: By = "relation") -> tuple[Patterns, Progress]:
        """A row each item. Whom the judged speak for the database says: a CSV knows nothing of the unjudged."""
        return self.once(f"rows by {by}", lambda: self._judged(by, self.counts()))

    def truth(self, by: By = "relation") -> Patterns:
        """The adjudicator's answers are the database's: they are no judgments, and in no file of these."""
        study = self.asked.study
        if (chosen := self.asked.selection).truth != ADJUDICATED:
            return self.judged(by)[0]
        answers = Adjudication.objects.counting(with_seen=chosen.with_seen).filter(item__study=study)
        said = dict(answers.values_list("item", "plausibility"))
        question, counts = study.questions[0], self.counts()
        for place, item in enumerate(self.items["id"].tolist()):
            if item in said:
                counts[question.name][place] = np.array(question.ascending) == said[item]
        return self._judged(by, counts)[0]

    def _judged(self, by: By, counts: dict[str, NDArray[np.int64]]) -> tuple[Patterns, Progress]:
        study, chosen, items = self.asked.study, self.asked.selection, self.items
        columns: dict[str, NDArray] = {
            "items": np.ones(len(items), dtype=int),
            "group": items[by],
            "kept": np.array([FILTER[each] for each in items["filter"]], dtype=object),
            "complete": self.complete(),
            "stratum": items["stratum"],
            "inclusion": items["inclusion_probability"],
            **({"p_yes": items["p_yes"]} if study.n_items <= MOST_ALONE else {}),
            **{name: each @ [unit(place) for place in range(each.shape[1])] for name, each in counts.items()},
        }
        if not chosen.chooses_judgments:
            others = unjudged(study, chosen)
            nothing = np.zeros(len(others["items"]), dtype=np.int64)
            columns = {name: np.r_[column, others.get(name, nothing)] for name, column in columns.items()}
        found = patterns_of(columns, study.questions, has_unjudged=not chosen.chooses_judgments)
        complete = int((self._n_judged() >= self._drawn_overlap(np.unique(self.csv.rows["id"]))).sum())
        return replace(found, counts=counts), Progress(study.n_items, study.n_items * study.overlap, complete, None)

    def _n_judged(self) -> NDArray[np.int64]:
        return self._by_item(self.of_items().rows)  # whoever's and whenever

    def complete(self) -> NDArray[np.bool_]:
        items, is_closed = self.items, self.asked.study.state == self.asked.study.State.CLOSED
        return is_closed | (self._n_judged()[items["item"]] >= self._drawn_overlap(items["id"]))

    def _drawn_overlap(self, items: NDArray) -> NDArray[np.int64]:
        """By which an item is complete: what it was drawn with, where the study's was raised since."""
        study = self.asked.study
        raised = dict(study.items.filter(drawn_overlap__isnull=False).values_list("pk", "drawn_overlap"))
        return np.array([raised.get(int(pk), study.overlap) for pk in items], dtype=np.int64)

    def counts(self) -> dict[str, NDArray[np.int64]]:
        """How often each answer counts, by question and item."""
        found = {}
        for each in self.asked.study.questions:
            said, n = answering(self.rows, each)[0], len(each.options)
            cells = np.bincount(said["item"] * n + said[each.name], minlength=self.csv.n_items * n)
            found[each.name] = cells.reshape(-1, n)[self.items["item"]]
        return found

    def totals(self, by: By = "relation") -> Totals:
        """Those of the database: a CSV knows nothing of the runs whole."""
        return totals(self.asked.study, self.asked.selection, by)

    def of_run(self) -> NDArray[np.int64] | None:
        """One by one: a CSV has only what was judged."""
        study, chosen = self.asked.study, self.asked.selection
        if chosen.category or study.catalog:
            return None
        verdicts = Verdict.objects.filter(chosen.of_items("intention__"), intention__run__in=study.runs.all())
        said = [float(yes) if p is None else p for yes, p in verdicts.values_list("yes", "p_yes")]
        return np.histogram(said, [*np.arange(STEPS + 1) / STEPS, np.inf])[0]

    def dated(self) -> Dated:
        """Of items that nobody has judged, and of which co-buy an item is, as the database has it."""
        return self.once("dated", self._dated)

    def _dated(self) -> Dated:
        if (self.csv.rows["bought_year"] == NOT_SAID).any():
            raise NotTold("the CSV has no bought_year and bought_month; leave out --csv, or export it again")
        study, items, counts, of = self.asked.study, self.items, self.counts(), item_columns(self.asked.study)
        place = np.searchsorted(of["id"].astype(np.int64), items["id"])
        names = dict(study.runs.values_list("name", "pk"))
        known = {name: items[column] for name, column in DATED.items()} | {
            "run": [names[name] for name in items["run"]],
            "filtered": items["verdict"] != "",
            "complete": self.complete(),
            "kept": [bool(FILTER[each]) for each in items["filter"]],
        }
        for question in study.questions:
            of[question.name][:] = 0
            known[question.name] = counts[question.name] @ [unit(n) for n in range(len(question.options))]
        for name, column in known.items():
            of[name][place] = column
        return dated_of(study, of)
