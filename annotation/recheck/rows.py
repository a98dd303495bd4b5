"""An export in the place of the database and of `Live`, judgment by judgment."""

from collections import Counter
from csv import DictReader
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation.exchange.exports.skips import skips_csv
from annotation.exchange.files.columns import NOT_SAID, answering, revealed
from annotation.figures.patterns import By
from annotation.figures.rates import positive, says_yes
from annotation.figures.rows import kinds
from annotation.figures.rows.live import Live
from annotation.figures.rows.moments import moments
from annotation.figures.rows.pace import pace
from annotation.figures.rows.singles import one_in
from annotation.figures.speaking import response_factors
from annotation.models import Judgment, Kind
from annotation.recheck.items import ExportedItems, NotTold
from annotation.scales import Question
from common.counting import is_first
from common.days import start_of
from distillation.models import Run
from stats.packing import unit
from stats.rates import hajek_rate


@dataclass(frozen=True, slots=True)
class Exported(ExportedItems):
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

    def completed(self) -> kinds.Completed:
        rows, last = self.judged()[0], np.zeros(self.csv.n_items)
        says, n = positive(rows, self.asked.study.questions[0])
        np.maximum.at(last, self.rows["item"], self.rows["at"])
        among = rows.filtered & rows.complete
        steps = [moment.timestamp() for moment in moments(self.asked)]
        step = np.searchsorted(steps, last[self.items["item"]], side="right")
        truth = (1 + np.sign(2 * says - n)) / 2
        columns = [each[among] for each in (step, truth, rows.kept, rows.inclusion, rows.stratum)]
        (step, truth, kept, inclusion, code), items = np.unique(columns, axis=1, return_counts=True)
        stratum = np.unique(rows.strata)[code.astype(int)]
        return kinds.Completed(step.astype(int), truth, kept > 0, stratum, inclusion, items.astype(float))

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
        """Who has not answered the audit yet has seen the verdict too."""
        if not self.csv.has_revisions:
            raise NotTold("the CSV has no revisions; leave out --csv, or export it with --revisions")
        unanswered = Judgment.objects.counting().to_audit().filter(participant__study=self.asked.study)
        if still := unanswered.exclude(revisions__after_reveal=True).count():
            raise NotTold(f"{still:,} verdicts were revealed to people still to answer; the CSV has answers only")
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
        first, again = (np.c_[each["plausibility"], each["typicality"]][blind] for each in (ones, repeats))
        return ones["who"][blind], first, again, int((~blind).sum())

    def answers(self) -> kinds.Answers:
        rows = self._some(self.rows)
        return kinds.Answers(rows["item"], rows["annotator"], rows["plausibility"], one_in(self.asked))

    def looked(self) -> kinds.Looked:
        rows = self._some(self.rows)
        told = rows[rows["look"] != NOT_SAID]
        of_judgment = (told["item"], told["plausibility"], told["typicality"], told["look"] == 1)
        return kinds.Looked(*of_judgment, untold=len(rows) - len(told), part=one_in(self.asked))

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
        yes, judged = (self._by_item(each)[rows["item"]] for each in (others[yes], others))
        seconds, n = np.minimum(np.rint(rows["active_seconds"]), kinds.LONGEST_SECONDS), np.ones(len(rows), int)
        times = kinds.Times(rows["who"], seconds.astype(np.int64), n)
        repeats = self._alike() if self.asked.study.repeat_share else {}
        votes = (rows["who"], rows["counts"], own, yes, judged, n)
        return kinds.People(self._known(), *votes, times, gold={}, repeats=repeats, part=one_in(self.asked))

    def _known(self) -> list[kinds.Person]:
        n = Counter(self.csv.rows["annotator"][is_first(self.csv.rows["kind"])].tolist())
        number = {name: place for place, name in enumerate(self.csv.annotators)}
        names = {*self.csv.annotators, *self.asked.study.participants.values_list("pseudonym", flat=True)}
        return [kinds.Person(number.get(name, -1), name, n[name]) for name in names]

    def _alike(self) -> dict[int, Counter[bool]]:
        """On the same sides as the first time; not asked both times is alike too."""
        from_yes = np.array([each.says_yes.index(True) for each in self.asked.study.questions])
        who, first, again, _ = self._twice(self.csv.rows[is_first(self.csv.rows["kind"])])
        same_side, same_asked = (first >= from_yes) == (again >= from_yes), (first == NOT_SAID) == (again == NOT_SAID)
        alike = (same_side & same_asked).all(axis=1)
        return {each: Counter(alike[who == each].tolist()) for each in np.unique(who).tolist()}

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

    def ballots(self) -> kinds.Ballots:
        complete = np.zeros(self.csv.n_items, dtype=bool)
        complete[self.items["item"]] = self.complete() & (self.items["filter"] != "")
        rows, own = answering(self.rows, self.asked.study.questions[0])
        stratum, inclusion = (rows[name] for name in ("stratum", "inclusion_probability"))
        yes, judged = (self._by_item(each)[rows["item"]] for each in (rows[own], rows))
        of_item = (stratum, inclusion, complete[rows["item"]], rows["filter"] == "kept")
        return kinds.Ballots(rows["annotator"], *of_item, own, yes, judged, np.ones(len(rows), dtype=int))

    def single_votes(self) -> kinds.SingleVotes:
        extra = (self.csv.rows["kind"] == Kind.EXTRA) & (self.asked.selection.with_excluded | ~self._is_out())
        votes = self._some(np.r_[self.rows, self._chosen(extra)])
        votes = votes[np.lexsort((votes["who"], votes["item"]))]
        rows, yes = answering(votes[votes["filter"] != ""], self.asked.study.questions[0])
        _, first, item = np.unique(rows["item"], return_index=True, return_inverse=True)
        kept, part = rows["filter"][first] == "kept", one_in(self.asked)
        stratum, inclusion = (rows[name][first] for name in ("stratum", "inclusion_probability"))
        return kinds.SingleVotes(item, rows["annotator"], yes, kept, stratum, inclusion, part)

    def reported(self) -> kinds.Reported:
        judged, items = self.judged()[0], self.items
        weights, cobuys, rates = 1 / judged.weights, items["asin_a"] + " " + items["asin_b"], {}
        for each in self.asked.study.questions:
            share, asked = says_yes(judged, each)
            rates[each.name] = hajek_rate(share, weights, judged.strata, asked, clusters=cobuys)
        skips, kind = Counter(row["reason"] for row in self._skips()), self.csv.rows["kind"]
        return kinds.Reported(rates, 0, skips, Counter(kind[~is_first(kind)].tolist()))

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
        begins = start_of(timezone.localdate() - timedelta(days=kinds.PACE_DAYS - 1)).timestamp()
        recent = self.rows["at"][self.rows["at"] >= begins].tolist()
        return pace(Counter(datetime.fromtimestamp(at, UTC) for at in recent))
