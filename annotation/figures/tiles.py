"""The headline figures one by one, in words: a value, its interval, and what it says of whom."""

from dataclasses import replace

from annotation.figures.numbers import Headlines
from annotation.figures.panels.agreement import coefficients
from annotation.figures.panels.panel import How
from annotation.figures.panels.shares import RATE_HOW
from annotation.figures.plots import Scale, span
from annotation.figures.words import Form, because, interval, large, percent, plain, points, whole_percent
from annotation.scales import Question
from stats.estimate import Estimate
from stats.filter.ceiling import Ceiling
from stats.survey.assisted import Assisted

UNIT, SIGNED = Scale(0, 1, 0, 100), Scale(-1, 1, 0, 100)
ACCURACY_HOW = How(
    "How often the filter's verdict is that of the majority of an item's annotators, weighted to the run. Only "
    "complete items, of which nobody can still be asked: with the votes so far the figure would drift as more come in. "
    "A tie counts one half. Human ceiling: each annotator against the majority of the item's others, beside the filter "
    "against exactly the same; the interval of the gap is of the pairs.",
    "accuracy = Σ wᵢ [verdict = majority] / Σ wᵢ, wᵢ = 1/πᵢ",
    "Särndal, Swensson and Wretman 1992, section 5.7; Wilson's interval at the effective size.",
)


def rate_tile(figures: Headlines, question: Question) -> dict:
    figure, raw, n = figures.rates[question.name], figures.raw_rates[question.name], figures.answers[question.name]
    yes = large(round((raw.value or 0) * n))
    says = f" Without weights {yes} of {large(n)} judgments: {percent(raw.value)}."
    return {
        "key": question.name,
        "title": question.short,
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "lines": _gained(figures.assisted[question.name]),
        "n": f"{_items(figure.n)}, {large(n)} judgment{'' if n == 1 else 's'}" if n else "",
        "how": _helped(replace(RATE_HOW, text=RATE_HOW.text + (says if n else "")), figures.assisted[question.name]),
        "show": "show=judged",
    }


def _gained(of: Assisted) -> list[str]:
    """Where it is at least an item's worth."""
    like = round(of.counts_like or 0)
    if of.fallback or like <= of.figure.n:
        return []
    return [f"With p(yes) of the whole run {large(of.figure.n)} items count like {large(like)}"]


def _helped(how: How, of: Assisted) -> How:
    if of.fallback:
        return replace(how, text=f"{how.text} From the sample alone: {of.fallback}.")
    design = f"From the sample alone: {percent(of.design.value)} ({interval(of.design.ci95, percent)})."
    return How(
        f"{how.text} Then tightened by p(yes), which is known of every intention of the run: a regression estimate "
        f"(GREG; written over the unjudged it is PPI++), which holds whatever p(yes) is worth. {design}",
        f"{how.formula} · GREG: Σ wᵢ gᵢ yᵢ / N",
        f"{how.source} Regression: the same, sections 6.4 and 6.6; Angelopoulos et al. 2023, Fisch et al. 2024 (PPI).",
    )


def agreement_tile(figures: Headlines, question: Question) -> dict:
    report = figures.agreement[question.name]
    found = coefficients(report, question)
    alpha, top = found["α"], report["prevalence"][-1]["value"]
    beside = (
        f"AC1 {plain(found['AC1'].value)}, pairs agree {whole_percent(found['pairs'].value)}, "
        f"{question.label(question.ascending[-1]).lower()} {whole_percent(top)}"
    )
    return {
        "key": "agreement",
        "title": f"Agreement on {question.short.lower()}, α",
        **_said(alpha, plain),
        "span": span(alpha, SIGNED if (alpha.ci95 or (0,))[0] < 0 else UNIT),
        "lines": [*([beside] if alpha.n else []), *filter(None, [report.get("warning")])],
        "n": f"{_items(alpha.n)} with two or more judgments",
        "how": How(
            "Krippendorff's α, nominal: 1 is perfect agreement, 0 is chance. Only items with two or more judgments. It "
            "falls when nearly all say the same, so read it beside AC1 and the share of yes. Interval by resampling "
            "items, with a prior worth two of them for rare answers that were not seen.",
            "α = 1 − observed / expected disagreement",
            "Krippendorff 2011; Rubin 1981 for the resamples; AC1 Gwet 2008.",
        ),
        "show": "show=judged",
    }


def accuracy_tile(figures: Headlines) -> dict:
    against, figure = figures.filter, figures.filter.quality.accuracy
    complete = f"{large(against.complete)} complete item{'' if against.complete == 1 else 's'}"
    return {
        "key": "accuracy",
        "title": "Filter accuracy",
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "lines": [
            *_gained(figures.assisted["accuracy"]),
            *(_ceiling(figures.ceiling) if figure.value is not None else []),
            *_kept(figures.kept),
        ],
        "pair": _pair(figures.ceiling) if figure.value is not None else None,
        "n": f"{complete}, {_ties(against.ties)}" if against.complete else "",
        "how": _helped(ACCURACY_HOW, figures.assisted["accuracy"]),
        "show": "show=complete",
    }


def _ties(n: int) -> str:
    return f"{large(n)} tie{'' if n == 1 else 's'}"


def _pair(found: Ceiling) -> dict | None:
    """People and the filter on one scale: the same comparisons."""
    people, verdicts = found.annotators.accuracy, found.filter.accuracy
    has_both = people.value is not None and verdicts.value is not None
    return {"span": span(verdicts, UNIT), "ceiling": span(people, UNIT)} if has_both else None


def _ceiling(found: Ceiling) -> list[str]:
    people, verdicts, gap = found.annotators.accuracy, found.filter.accuracy, found.gap
    if people.value is None or verdicts.value is None:
        return []
    bounds = f" ({interval(gap.ci95, points)})" if gap.ci95 else ""
    return [
        f"On the same {large(found.comparisons)} comparisons: ● filter {percent(verdicts.value)}, "
        f"○ human ceiling {percent(people.value)}",
        f"Ceiling less filter: {points(gap.value)} points{bounds}",
    ]


def _kept(share: Estimate) -> list[str]:
    return [f"Keeps {percent(share.value)} of {large(share.n)} intentions, counted"] if share.value is not None else []


def audit_tile(figure: Estimate) -> dict:
    return {
        "key": "audit",
        "title": "“The filter was right”, said after the reveal",
        **_said(figure, percent),
        "n": f"{large(figure.n)} answer{'' if figure.n == 1 else 's'}",
        "how": How(
            "Share of the audits that say right. Who has seen the verdict tends to follow it; accuracy comes from "
            "blind ratings.",
            "p̂ = right / audits",
            "Wilson 1927.",
        ),
    }


def _said(figure: Estimate, form: Form, mark: str = "") -> dict:
    value, _, unit = form(figure.value).partition(" ") if figure.value is not None else ("undefined", "", "")
    return {
        "value": value,
        "unit": unit,
        "interval": f"{mark}95 %: {interval(figure.ci95, form)}" if figure.ci95 else "",
        "reason": because(figure),
    }


def _items(n: int) -> str:
    return f"{large(n)} item{'' if n == 1 else 's'}"
