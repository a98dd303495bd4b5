"""The rows that figures are computed from, counted in an export judgment by judgment: no tally of an item is read."""

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
from annotation.exchange.files.columns import NOT_SAID, Columns
from annotation.figures import report
from annotation.figures.patterns import MOST_ALONE, By, Patterns, Progress, patterns_of, unjudged
from annotation.figures.rates import positive, says_yes
from annotation.figures.rows import kinds
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.live import Live
from annotation.figures.rows.moments import moments
from annotation.figures.rows.singles import one_in, some_items
from annotation.figures.rows.totals import Totals, totals
from annotation.figures.speaking import response_factors
from annotation.models import Adjudication, Kind
from annotation.recheck.answering import KEPT, answering, revealed
from annotation.scales import Question
from annotation.selection import ADJUDICATED
from common.counting import is_first
from common.days import start_of
from distillation.models import Run, Verdict
from stats.packing import unit
from stats.rates import hajek_rate

ANSWERS = ["plausibility", "typicality"]


@dataclass(frozen=True, slots=True)
class Exported:
    """In the place of `Live`. `rows` are the chosen judgments that count, `items` a row of each item that has one."""

    asked: Asked
    csv: Columns
    found: dict = field(default_factory=dict)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        if what not in self.found:
            self.found[what] = make()
        return self.found[what]

    def of_items(self) -> "Exported":
        asked = self.asked.of_items()
        return self if asked == self.asked else Exported(asked, self.csv)

    @property
    def rows(self) -> NDArray:
        return self.once("rows", lambda: self._chosen(self._counting()))

    def _counting(self) -> NDArray[np.bool_]:
        chosen = self.asked.selection
        if chosen.with_seen:
            return self._firsts() if chosen.with_excluded else self._firsts() & ~self._is_out()
        return self._firsts() if chosen.with_excluded else self.csv.rows["counts"]

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

    def truth(self) -> Patterns:
        """The adjudicator's answers are the database's: they are no judgments, and in no file of these."""
        study = self.asked.study
        if (chosen := self.asked.selection).truth != ADJUDICATED:
            return self.judged()[0]
        answers = Adjudication.objects.counting(with_seen=chosen.with_seen).filter(item__study=study)
        said = dict(answers.values_list("item", "plausibility"))
        question, counts = study.questions[0], self.counts()
        for place, item in enumerate(self.items["id"].tolist()):
            if item in said:
                counts[question.name][place] = np.array(question.ascending) == said[item]
        return self._judged("relation", counts)[0]

    def _judged(self, by: By, counts: dict[str, NDArray[np.int64]]) -> tuple[Patterns, Progress]:
        study, chosen, items = self.asked.study, self.asked.selection, self.items
        n_judged = self._n_judged()
        columns: dict[str, NDArray] = {
            "items": np.ones(len(items), dtype=int),
            "group": items[by],
            "kept": np.array([KEPT[each] for each in items["filter"]], dtype=object),
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
        complete = int((n_judged >= self._drawn_overlap(np.unique(self.csv.rows["id"]))).sum())
        return replace(found, counts=counts), Progress(study.n_items, study.n_items * study.overlap, complete, None)

    def _n_judged(self) -> NDArray[np.int64]:
        return self._by_item(self.of_items().rows)  # whoever's and whenever

    def complete(self) -> NDArray[np.bool_]:
        items, is_closed = self.items, self.asked.study.state == self.asked.study.State.CLOSED
        return is_closed | (self._n_judged()[items["item"]] >= self._drawn_overlap(items["id"]))

    def _drawn_overlap(self, items: NDArray) -> NDArray[np.int64]:
        """By which an item is complete: what it was drawn with, where the study's was raised since."""
        study = self.asked.study
        if not study.was_raised:
            return np.full(len(items), study.overlap)
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
        return np.histogram(said, [*np.arange(101) / 100, np.inf])[0]

    def decided(self) -> kinds.Decided:
        """Rows alike as one, in the order of the database: a precision of just 0.8 hangs on how items add up."""
        rows, study = self.judged()[0], self.asked.study
        says, n = positive(rows, study.questions[0])
        among = (2 * says != n) & rows.filtered & rows.complete
        p_yes, verdict = self.items["p_yes"][among], self.items["verdict"][among] == "yes"
        cuts = np.array(kinds.cuts_of(study))
        step = cuts[np.searchsorted(cuts, np.where(np.isnan(p_yes), verdict, p_yes), side="right") - 1]
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
        first, second = self.asked.study.questions
        rows, judged = answering(self._some(self.rows), second)[0], self.judged()[0]
        counts = np.zeros((self.csv.n_items, len(first.options), len(second.options)), dtype=np.int64)
        np.add.at(counts, (rows["item"], rows["plausibility"], rows["typicality"]), 1)
        counts = counts[self.items["item"]]
        said = counts.sum(axis=(1, 2)) > 0
        drawn = (judged.strata[said], judged.inclusion[said], judged.items[said])
        return kinds.RatedTwice(counts[said], *drawn, one_in(self.asked))

    def revised(self) -> kinds.Revised:
        rows = self.rows[self.rows["verdict"] != ""]
        seen = revealed(rows)
        before = np.where(seen, rows["plausibility"], rows["first"])
        after = np.where(rows["after"] != NOT_SAID, rows["after"], rows["plausibility"])
        kept, n = rows["verdict"] == "yes", np.ones(len(rows), dtype=int)
        return kinds.Revised(rows["who"], before, after, kept, seen, n)

    def repeated(self) -> kinds.Repeated:
        _, first, again, seen = self._twice(self.rows)
        return kinds.Repeated(first, again, np.ones(len(first), dtype=int), seen)

    def _twice(self, firsts: NDArray) -> tuple[NDArray, NDArray, NDArray, int]:
        """Who, their answers first and of the same items again, and how many are left out as the verdict was seen."""
        of = {key: k for k, key in enumerate(firsts[["who", "item"]].tolist())}
        repeats = self.csv.rows[self.csv.rows["kind"] == Kind.REPEAT]
        places = np.array([of.get(key, NOT_SAID) for key in repeats[["who", "item"]].tolist()], dtype=np.int64)
        repeats, ones = repeats[places != NOT_SAID], firsts[places[places != NOT_SAID]]
        blind = ~revealed(ones)
        first, again = (np.stack([each[name][blind] for name in ANSWERS], axis=1) for each in (ones, repeats))
        return ones["who"][blind], first, again, int((~blind).sum())

    def answers(self) -> kinds.Answers:
        rows = self._some(self.rows)
        return kinds.Answers(rows["item"], rows["annotator"], rows["plausibility"], one_in(self.asked))

    def looked(self) -> kinds.Looked:
        rows = self._some(self.rows)
        told = rows[rows["look"] != NOT_SAID]
        return kinds.Looked(
            item=told["item"],
            plausibility=told["plausibility"],
            typicality=told["typicality"],
            fully=told["look"] == 1,
            untold=len(rows) - len(told),
            part=one_in(self.asked),
        )

    def _skips(self) -> NDArray[np.object_]:
        """From their own export, of the same moment: they are no judgments."""
        told = skips_csv(self.asked.study)
        return self.once("skips", lambda: np.array([*DictReader(StringIO(b"".join(told).decode()))], dtype=object))

    def skipped(self, by: By = "relation") -> kinds.Skipped:
        study, chosen, rows = self.asked.study, self.asked.selection, self._skips()
        rows = rows[np.array([chosen.with_excluded or row["counts"] == "true" for row in rows], dtype=bool)]
        at = np.array([datetime.fromisoformat(row["skipped_at"]).timestamp() for row in rows])
        of = replace(chosen, version=())
        rows = rows[of.of_rows(study, lambda name: np.array([row[name] for row in rows], dtype=str), at)]
        return kinds.Skipped(Counter((row[by], row["reason"]) for row in rows), len({row["item"] for row in rows}))

    def people(self) -> kinds.People:
        """Also those whose judgments don't count; who is not in the CSV has judged nothing."""
        question, firsts = self.asked.study.questions[0], self._chosen(self._firsts())
        rows, own = answering(self._some(firsts), question)
        others, yes = answering(self.csv.rows[self.csv.rows["counts"]], question)
        seconds, ones = np.minimum(np.rint(rows["active_seconds"]), kinds.LONGEST_SECONDS), np.ones(len(rows), int)
        return kinds.People(
            known=self._known(),
            who=rows["who"],
            counts=rows["counts"],
            says_yes=own,
            yes=self._by_item(others[yes])[rows["item"]],
            judged=self._by_item(others)[rows["item"]],
            n=ones,
            times=kinds.Times(rows["who"], seconds.astype(np.int64), ones),
            gold={},
            repeats=self._alike() if self.asked.study.repeat_share else {},
            part=one_in(self.asked),
        )

    def _known(self) -> list[kinds.Person]:
        n = Counter(self.csv.rows["annotator"][is_first(self.csv.rows["kind"])].tolist())
        number = {name: place for place, name in enumerate(self.csv.annotators)}
        names = {*self.csv.annotators, *self.asked.study.participants.values_list("pseudonym", flat=True)}
        return [kinds.Person(number.get(name, -1), name, n[name]) for name in names]

    def _alike(self) -> dict[int, Counter[bool]]:
        """On the same sides as the first time; not asked both times is alike too."""
        from_yes = np.array([each.says_yes.index(True) for each in self.asked.study.questions])
        who, first, again, _ = self._twice(self.csv.rows[is_first(self.csv.rows["kind"])])
        alike = ((first >= from_yes) == (again >= from_yes)) & ((first == NOT_SAID) == (again == NOT_SAID))
        found: dict[int, Counter[bool]] = defaultdict(Counter)
        for each, is_alike in zip(who.tolist(), alike.all(axis=1).tolist(), strict=True):
            found[each][is_alike] += 1
        return found

    def audited(self) -> kinds.Audited:
        audits, right = (int((self.rows["audit"] >= least).sum()) for least in (0, 1))
        return kinds.Audited(len(np.unique(self.rows["who"])), audits, right)

    def item_audits(self) -> kinds.ItemAudits:
        audits, right = (self._by_item(self.rows[self.rows["audit"] >= k])[self.items["item"]] for k in (0, 1))
        at = audits > 0
        stratum, inclusion = (self.items[name][at] for name in ("stratum", "inclusion_probability"))
        return kinds.ItemAudits(stratum, inclusion, audits[at], right[at], np.ones(int(at.sum()), dtype=int))

    def labels(self, question: Question) -> kinds.Labels:
        rows, yes = answering(self.rows, question)
        who, stratum, inclusion = (rows[name] for name in ("annotator", "stratum", "inclusion_probability"))
        judged, n = self._by_item(rows)[rows["item"]], np.ones(len(rows), dtype=int)
        return kinds.Labels(who, stratum, inclusion, judged, n, yes.astype(int))

    def single_votes(self) -> kinds.SingleVotes:
        extra = self.csv.rows["kind"] == Kind.EXTRA
        extra = extra if self.asked.selection.with_excluded else extra & ~self._is_out()
        votes = self._some(np.r_[self.rows, self._chosen(extra)])
        votes = votes[np.lexsort((votes["who"], votes["item"]))]
        rows, yes = answering(votes[votes["filter"] != ""], self.asked.study.questions[0])
        _, first, item = np.unique(rows["item"], return_index=True, return_inverse=True)
        kept, part = rows["filter"][first] == "kept", one_in(self.asked)
        stratum, inclusion = (rows[name][first] for name in ("stratum", "inclusion_probability"))
        return kinds.SingleVotes(item, rows["annotator"], yes, kept, stratum, inclusion, part)

    def of_report(self) -> report.Numbers:
        judged, items = self.judged()[0], self.items
        weights, cobuys, rates = 1 / judged.weights, items["asin_a"] + " " + items["asin_b"], {}
        for each in self.asked.study.questions:
            share, asked = says_yes(judged, each)
            rates[each.name] = hajek_rate(share, weights, judged.strata, asked, clusters=cobuys)
        skips, kind = Counter(row["reason"] for row in self._skips()), self.csv.rows["kind"]
        return report.Numbers(rates, 0, skips, Counter(kind[~is_first(kind)].tolist()))

    def pairs(self, a: Run, b: Run) -> kinds.Pairs:
        """Which of several samples they are, and whom they speak for, only the database knows."""
        drawn, items = Live(self.asked).pairs(a, b), self.items
        samples = dict(self.asked.study.items.values_list("pk", "intention__sample"))
        keys = [(*row, samples.get(pk)) for pk, *row in items[["id", "asin_a", "asin_b", "relation"]].tolist()]
        of_a, of_b = (np.flatnonzero(items["run"] == run.name).tolist() for run in (a, b))
        others = {keys[k]: k for k in of_b}
        pairs = [(k, others[keys[k]]) for k in of_a if keys[k] in others]
        one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        tallies = {name: (counts[one], counts[other]) for name, counts in self.counts().items()}
        of_item, own = dict(zip(drawn.item.tolist(), drawn.weights.tolist(), strict=True)), items["id"][one]
        weights = np.array([of_item.get(pk, 0) for pk in own.tolist()])
        cobuy = (items["asin_a"] + " " + items["asin_b"])[one]
        return kinds.Pairs(own, cobuy, weights, drawn.unjudged, tallies)

    def pace(self) -> float:
        today = timezone.localdate()
        begins = start_of(today - timedelta(days=kinds.PACE_DAYS - 1)).timestamp()
        recent = self.rows["at"][self.rows["at"] >= begins].tolist()
        first = timezone.localdate(datetime.fromtimestamp(min(recent), UTC)) if recent else today
        return len(recent) / ((today - first).days + 1)
