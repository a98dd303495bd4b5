"""The numbers of the dashboard's panels worked out anew from the columns of an exported CSV, judgment by judgment.

Each function gives a panel's table: by what a line is called, the values by column.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotation.figures.numbers import positive
from annotation.figures.panels.shares import words
from annotation.figures.panels.tables import Value
from annotation.figures.panels.words import because, interval, plain
from annotation.figures.patterns import By, Patterns
from annotation.models import Study
from annotation.recheck.rows import NOT_SAID, Judged
from annotation.scales import Question
from stats.agreement.coefficients import agreement_report, krippendorff_alpha, percent_agreement
from stats.estimate import Estimate
from stats.filter.calibration import calibration
from stats.filter.ceiling import Ceiling, human_ceiling
from stats.filter.quality import confusion
from stats.filter.threshold_choice import best_threshold, resampled_curves, threshold_for
from stats.filter.thresholds import Curve, threshold_curve
from stats.joint import Joint, plausible_but_atypical
from stats.rates import NO_JUDGMENTS, hajek_rate
from stats.resampling import DRAWS
from stats.sample import sample_of

Lines = dict[str, dict[str, Value | dict]]
CELLS = {
    "Filter keeps, people say plausible": (True, True),
    "Filter keeps, people say not plausible": (True, False),
    "Filter rejects, people say plausible": (False, True),
    "Filter rejects, people say not plausible": (False, False),
}
QUALITY = {
    "Accuracy": "accuracy",
    "Precision": "precision",
    "Recall": "recall",
    "Specificity": "specificity",
    "F1": "f1",
    "MCC": "mcc",
    "Of the rejected, plausible": "false_rejection_rate",
}
COEFFICIENTS: dict[str, Callable[[dict], dict]] = {
    "Percent agreement (item mean)": lambda report: report["percent_agreement"]["item_mean"],
    "Fleiss κ": lambda report: report["fleiss_kappa"],
    "Krippendorff α, nominal": lambda report: report["krippendorff_alpha"]["nominal"],
    "Krippendorff α, ordinal": lambda report: report["krippendorff_alpha"]["ordinal"],
    "Gwet AC1": lambda report: report["gwet_ac1"],
    "Gwet AC2, quadratic": lambda report: report["gwet_ac2"]["quadratic"],
}
ONLY_ORDERED = ("Krippendorff α, ordinal", "Gwet AC2, quadratic")
CURVE = {
    "Kept share": "kept_share",
    "Precision": "precision",
    "Recall": "recall",
    "F1": "f1",
    "Accuracy": "accuracy",
}
READ_OUT = ("Kept share", "Precision", "Recall")
GAMMA = "γ of the two"
MOST_FINE = 50_000  # items; of more p(yes) is read in hundredths
CALIBRATION_DRAWS, LEAST_DRAWS = 200, 40
MOST_DRAWN = 400_000  # cells of all resamples together
MOST_DAYS = 40


class Rounded(float):
    """The page has it to four decimals."""


@dataclass(frozen=True)
class Recounted:
    study: Study
    judged: Judged
    rows: Patterns  # an item each

    @cached_property
    def lead(self) -> NDArray[np.int64]:
        """1 where most say plausible, -1 where most do not, 0 where there is a tie."""
        says, n = positive(self.rows, self.study.questions[0])
        return np.sign(2 * says - n)

    @property
    def decided(self) -> NDArray[np.bool_]:
        return (self.lead != 0) & self.rows.filtered

    def design(self, among: NDArray[np.bool_]) -> dict:
        """Weights and strata as the functions of `stats` take them."""
        return {"weights": 1 / self.rows.inclusion[among], "strata": self.rows.stratum[among]}

    @property
    def from_option(self) -> list[int]:
        """Of each question the place of the lowest answer that says yes."""
        return [sum(value < each.positive_from for value in each.values) for each in self.study.questions]


def shares(csv: Recounted, by: By, *, name: str) -> Lines:
    rows, question = csv.rows, next(each for each in csv.study.questions if each.name == name)
    says, n = positive(rows, question)
    groups, found = csv.judged.of_items(by), {}
    everything = sample_of(len(groups), **csv.design(np.ones(len(groups), dtype=bool)))
    for group in np.unique(groups).tolist():
        within = groups == group
        share = hajek_rate(says / np.maximum(n, 1), rows.inclusion, rows.stratum, domain=within & (n > 0))
        kept = everything.ratio(rows.kept & within, rows.filtered & within, NO_JUDGMENTS)
        found[words(group, by)] = {question.short: share, "Items": share.n, "Kept by the filter": kept}
    return found


def filter_against_people(csv: Recounted) -> Lines:
    decided, plausible = csv.decided, csv.lead > 0
    if not decided.any():
        return {}
    design = sample_of(len(decided), **csv.design(np.ones(len(decided), dtype=bool)))
    found = {}
    for name, (kept, truth) in CELLS.items():
        cell = decided & (csv.rows.kept == kept) & (plausible == truth)
        found[name] = {"Value": design.ratio(cell, decided, NO_JUDGMENTS), "Items": int(cell.sum())}
    quality = confusion(csv.rows.kept[decided], plausible[decided], **csv.design(decided))
    figures = {title: getattr(quality, name) for title, name in QUALITY.items()}
    return found | {title: {"Value": figure, "Items": figure.n} for title, figure in figures.items()}


def agreement(csv: Recounted) -> Lines:
    return dict(line for question in csv.study.questions for line in _of_question(csv, question))


def _of_question(csv: Recounted, question: Question) -> Iterator[tuple[str, dict]]:
    if not len(csv.rows.items):
        return
    report = agreement_report(csv.rows.counts[question.name], values=question.ascending)
    ordered = len(question.options) > 2
    leaves = {name: of(report) for name, of in COEFFICIENTS.items() if ordered or name not in ONLY_ORDERED}
    for value, share in zip(question.ascending, report["prevalence"], strict=True):
        leaves[f"Share of “{question.label(value)}”"] = share
    for name, leaf in leaves.items():
        yield f"{question.short}, {name}", {"Value": leaf, "Items": leaf["n"]}


def _steps(csv: Recounted) -> int:
    return 1000 if csv.study.n_items <= MOST_FINE else 100


def _decided(csv: Recounted) -> dict[str, NDArray]:
    """Items with a verdict and a majority, those alike as one row; p(yes) is where its step begins, a plain yes is 1.

    Precisions of exactly 0.8 are added up as on the page: which side of 0.8 they come out on follows from the order.
    """
    steps, strictness = _steps(csv), csv.study.runs.values_list("strictness", flat=True)
    cuts = np.array(sorted({k / steps for k in range(steps + 1)} | {round(each, 3) for each in strictness}))
    said, verdict = (csv.judged.of_items(name)[csv.decided] for name in ("p_yes", "verdict"))
    p_yes = np.where(said == "", verdict == "yes", np.where(said == "", "0", said).astype(float))
    step = cuts[np.searchsorted(cuts, p_yes, side="right") - 1]
    inclusion, stratum = csv.rows.inclusion[csv.decided], csv.rows.stratum[csv.decided]
    alike, items = np.unique([step, csv.lead[csv.decided] > 0, inclusion, stratum], axis=1, return_counts=True)
    return {"p_yes": alike[0], "plausible": alike[1] == 1, "weights": 1 / alike[2], "strata": alike[3], "items": items}


def threshold(csv: Recounted) -> Lines:
    if not csv.decided.any():
        return {}
    rows = _decided(csv)
    curve = threshold_curve(**rows)
    table = {f"{k / 1000}": _at(curve, k) for k in range(0, 1001, 50)}
    slider = {f"slider at {k / 1000:g}": _read_out(curve, k) for k in range(0, 1001, 10)}
    return table | slider | _choices(rows, curve)


def _at(curve: Curve, k: int) -> dict[str, Value]:
    figures = curve.at(k / 1000)
    return {title: figures[name] for title, name in CURVE.items()} | {"Items kept": round(float(curve.kept[k]))}


def _read_out(curve: Curve, k: int) -> dict[str, list[Rounded | None]]:
    figures = curve.at(k / 1000)
    return {title: _rounded(figures[CURVE[title]]) for title in READ_OUT}


def _rounded(figure: Estimate) -> list[Rounded | None]:
    if figure.value is None:
        return [None] * 3
    return [Rounded(part) for part in (figure.value, *figure.ci95)]


def _choices(rows: dict[str, NDArray], curve: Curve) -> Lines:
    cells = 1001 * 2 * len(np.unique(rows["strata"]))
    draws = max(LEAST_DRAWS, min(DRAWS, MOST_DRAWN // min(len(rows["items"]), cells)))
    resampled = resampled_curves(**rows, draws=draws)
    found = {"The best F1": best_threshold(curve, resampled, "f1").threshold}
    for wanted in (0.8, 0.9, 0.95):
        found[f"A precision of {100 * wanted:g} %"] = threshold_for(curve, resampled, wanted).threshold
    return {title: _chosen(threshold) for title, threshold in found.items()}


def _chosen(threshold: Estimate) -> dict[str, str]:
    if threshold.value is None:
        return {"reason": threshold.reason}
    low, high = threshold.ci95
    return {"at": f"{threshold.value:g}", "interval": f"{low:.2f}–{high:.2f}"}


def reliability(csv: Recounted) -> Lines:
    if not csv.decided.any():
        return {}
    rows = _decided(csv)
    begins = rows["p_yes"]
    middles = np.where((begins > 0) & (begins < 1), begins + 0.5 / _steps(csv), begins)
    found = calibration(**rows | {"p_yes": middles}, draws=CALIBRATION_DRAWS)
    bins = {f"{each.low:.1f} to {each.high:.1f}": (each.p_yes, each.plausible) for each in found.bins}
    lines = {name: pair for name, pair in bins.items() if pair[1].n}
    lines |= {"Brier score": (None, found.brier), "ECE": (None, found.ece)}
    return {name: {"Mean p(yes)": p, "Plausible": share, "Items": share.n} for name, (p, share) in lines.items()}


def settling(csv: Recounted) -> Lines:
    """A judgment stands at its item from its day on."""
    question = csv.study.questions[0]
    day = np.floor_divide(csv.judged["at"], 86_400).astype(np.int64)
    days = np.unique(day[csv.judged.counting]).tolist()
    if len(days) > MOST_DAYS:
        days = [days[round(place)] for place in np.linspace(0, len(days) - 1, MOST_DAYS)]
    found, before = {}, 0
    for until in days:
        counts = csv.judged.answers(question, day <= until)
        alpha, pairs, judgments = krippendorff_alpha(counts), percent_agreement(counts)["item_mean"], int(counts.sum())
        name = datetime.fromtimestamp(until * 86_400, UTC).date().isoformat()
        found[name] = {"α": alpha, "Pairs agree": pairs, "Items": alpha.n,
                       "Judgments since the day above": judgments - before}  # fmt: skip
        before = judgments
    return found


def joint(csv: Recounted) -> Lines:
    found = _joint(csv)
    if found.table is None:
        return {}
    first, second = csv.study.questions
    lines: Lines = {
        f"{first.short}: {first.label(one)}, {second.short}: {second.label(other)}": {"Share": found.table[i][k]}
        for i, one in enumerate(first.ascending)
        for k, other in enumerate(second.ascending)
    }
    lines["Plausible, yet not typical, of all judgments"] = {"Share": found.atypical}
    lines["Plausible, yet not typical, of the plausible"] = {"Share": found.atypical_of_plausible}
    gamma = found.gamma
    lines[GAMMA] = {"value": plain(gamma.value), "interval": interval(gamma.ci95, plain) or because(gamma)}
    return lines


def _joint(csv: Recounted) -> Joint:
    """Of the items with a judgment that says both."""
    (first, second), judged = csv.study.questions, csv.judged
    n, both = (len(first.options), len(second.options)), judged.counting & (judged["typicality"] != NOT_SAID)
    counts = np.zeros((len(judged.item_places), *n))
    np.add.at(counts, (judged["item"][both], judged["plausibility"][both], judged["typicality"][both]), 1)
    counts = counts[judged.with_counting]
    said = counts.sum(axis=(1, 2)) > 0
    return plausible_but_atypical(counts[said], *csv.from_option, **csv.design(said))


def ceiling(csv: Recounted) -> Ceiling:
    """The headline's: each annotator against the others, on the items that have a verdict."""
    filtered = csv.rows.filtered
    says, n = (each[filtered] for each in positive(csv.rows, csv.study.questions[0]))
    return human_ceiling(says, n, csv.rows.kept[filtered], **csv.design(filtered))
