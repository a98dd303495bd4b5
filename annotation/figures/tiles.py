"""The headline figures one by one, in words: a value, its interval, and what it says of whom."""

from dataclasses import replace

from django.utils import timezone

from annotation.figures.numbers import Headlines
from annotation.figures.panels.agreement import coefficients
from annotation.figures.panels.panel import How
from annotation.figures.panels.shares import RATE_HOW
from annotation.figures.plots import Scale, span
from annotation.figures.slow import WAITING
from annotation.figures.words import Form, because, interval, large, percent, plain, points, whole_percent
from annotation.scales import Question
from annotation.selection import ADJUDICATED, LATENT, PEOPLE, Selection
from stats.crossed import wider_by
from stats.estimate import Estimate, undefined
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

LATENT_HOW = How(
    "Truth is what most likely stands behind the votes, by a model of annotators that learns how often each errs, with "
    "a prior that all err alike; one careless vote is not taken for the truth, and 30 items need three votes. "
    "The filter's figures are those with the greatest likelihood given the annotators, weighted to the run. Intervals: "
    "resamples of items, each fitted anew by a worker.",
    "P(truth | votes) ∝ P(truth) Π P(vote | truth, annotator)",
    "Dawid and Skene 1979; Raykar et al. 2010; Vermunt 2010, eq. 10; Efron 1987. Beside it Hovy et al. 2013 (MACE).",
)
# Of which truth the figures are, in two lines.
TRUTHS = {
    "": "The filter is set against the majority of complete items, a tie as one half: plain, and the same whoever "
    "computes it. With few votes an item, or careless ones, it is itself wrong at times: then choose the latent truth.",
    LATENT: "The filter is set against the latent truth, which a model of annotators estimates behind their votes. It "
    "assumes that annotators err independently; where an item misleads all of them, it is wrong as the majority is.",
    ADJUDICATED: "The filter is set against the named adjudicator where people were split and there is an answer, else "
    "against the majority of complete items. Human ceiling: of the annotators, without the adjudicator.",
}
# What the filter is set against where people like the annotators are asked for.
OF_FILTER = {
    "": "Plausible, typical and the filter's accuracy, precision and recall speak of people like {people}, the filter "
    "against the majority of as many of them as an item has; the other figures speak of {people} alone.",
    LATENT: "Plausible and typical speak of people like {people}, the other figures of them alone: the latent truth is "
    "what stands behind the votes, whoever gave them.",
    ADJUDICATED: "Plausible and typical speak of people like {people}, the other figures of them alone: the "
    "adjudicator is one named person, and was not drawn.",
}
TWO_WAYS = (
    " Here items and annotators both count as drawn from more: two-way clustered variance, never under the larger of "
    "the one-way ones, Student's t with the smaller number less one. p(yes) is not used."
)
# From this much wider on, both intervals are told.
WORTH_SAYING = 1 / 3


def rate_tile(figures: Headlines, question: Question, whose: str) -> dict:
    name, raw, n = question.name, figures.raw_rates[question.name], figures.answers[question.name]
    figure = figures.people[name] if whose == PEOPLE else figures.rates[name]
    yes = large(round((raw.value or 0) * n))
    says = f" Without weights {yes} of {large(n)} judgments: {percent(raw.value)}." if n else ""
    items = _items(figures.rates[name].n)
    return {
        "key": name,
        "title": question.short,
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "lines": [*_of_others(figures, name, whose), *([] if whose == PEOPLE else _gained(figures.assisted[name]))],
        "n": f"{items}, {large(n)} judgment{'' if n == 1 else 's'}" if n else "",
        "how": _rate_how(replace(RATE_HOW, text=RATE_HOW.text + says), figures.assisted[name], whose),
        "show": "show=judged",
    }


def _of_others(figures: Headlines, name: str, whose: str) -> list[str]:
    """The interval that is not shown, where the two differ much."""
    people, alone = figures.people[name], figures.assisted[name].design
    if (wider_by(people, alone) or 0) <= WORTH_SAYING:
        return []
    if whose == PEOPLE:
        return [f"For these annotators alone {interval(figures.assisted[name].figure.ci95, percent)}"]
    return [
        f"For people like them {percent(people.value)} ({interval(people.ci95, percent)}){_as_of(figures, 'people')}"
    ]


def _rate_how(how: How, of: Assisted, whose: str) -> How:
    return _people_how(how) if whose == PEOPLE else _helped(how, of)


def _people_how(how: How) -> How:
    return How(
        f"{how.text}{TWO_WAYS}",
        f"{how.formula}; V = V(items) + V(annotators) − V(labels)",
        f"{how.source} Cameron, Gelbach and Miller 2011; what a vote moves in a majority, Hájek 1968.",
    )


def whose_opinion(figures: Headlines, chosen: Selection) -> str:
    people = f"these {large(figures.annotators)} annotators" if figures.annotators != 1 else "this one annotator"
    if chosen.whose == PEOPLE:
        return OF_FILTER[chosen.truth].format(people=people)
    return f"All intervals speak of {people} judging other items; choose “People like them” for what others would say."


def _as_of(figures: Headlines, name: str) -> str:
    at = figures.as_of.get(name)
    return f", as of {timezone.localtime(at):%H:%M:%S}" if at else ""


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
            "items, with a prior worth two of them for rare answers that were not seen; where 2,000 items have a rare "
            "answer it says the same as the linearised variance, which is then taken.",
            "α = 1 − observed / expected disagreement",
            "Krippendorff 2011; Rubin 1981 for the resamples; AC1 Gwet 2008.",
        ),
        "show": "show=judged",
    }


def accuracy_tile(figures: Headlines, chosen: Selection) -> dict:
    against, of_people = figures.filter, chosen.whose == PEOPLE and not chosen.truth
    figure = figures.people["accuracy"] if of_people else against.quality.accuracy
    complete = f"{large(against.complete)} complete item{'' if against.complete == 1 else 's'}"
    return {
        "key": "accuracy",
        "title": "Filter accuracy",
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "lines": [
            *([] if chosen.truth else _of_others(figures, "accuracy", chosen.whose)),
            *([] if of_people else _gained(figures.assisted["accuracy"])),
            *(_ceiling(figures.ceiling) if figure.value is not None else []),
            *_kept(figures.kept),
        ],
        "pair": _pair(figures.ceiling) if figure.value is not None else None,
        "n": f"{complete}, {_ties(against.ties)}" if against.complete else "",
        "how": _people_how(ACCURACY_HOW) if of_people else _helped(ACCURACY_HOW, figures.assisted["accuracy"]),
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


def latent_tile(figures: Headlines) -> dict:
    """The filter and people against the same truth, which nobody saw."""
    of = figures.latent
    accuracy, people, gap = (of.get(name, undefined(WAITING)) for name in ("accuracy", "people", "gap"))
    bounds = f" ({interval(gap.ci95, points)})" if gap.ci95 else ""
    both = [
        f"● filter, ○ an annotator {percent(people.value)} ({interval(people.ci95, percent)})",
        f"Annotators less filter: {points(gap.value)} points{bounds}",
    ]
    has_both = accuracy.value is not None and people.value is not None
    return {
        "key": "accuracy",
        "title": "Filter accuracy, latent truth",
        **_said(accuracy, percent),
        "span": span(accuracy, UNIT),
        "pair": {"span": span(accuracy, UNIT), "ceiling": span(people, UNIT)} if has_both else None,
        "lines": [*(both if has_both else []), *_kept(figures.kept)],
        "n": f"{_items(accuracy.n)} with votes{_as_of(figures, 'latent')}" if accuracy.n else "",
        "how": LATENT_HOW,
        "show": "show=judged",
    }


def audit_tile(figures: Headlines) -> dict:
    figure, n = figures.audit, figures.audits
    return {
        "key": "audit",
        "title": "“The filter was right”, said after the reveal",
        **_said(figure, percent),
        "n": f"{large(n)} answer{'' if n == 1 else 's'} on {_items(figure.n)}{_as_of(figures, 'audit')}",
        "how": How(
            "Of each item the share of its audits that say right, weighted to the run. Items are the sampling units: "
            "answers on one item are alike. Who has seen the verdict tends to follow it; accuracy comes from blind "
            "ratings.",
            "p̂ = Σ wᵢ (right / audits)ᵢ / Σ wᵢ",
            "Särndal, Swensson and Wretman 1992, section 5.7.",
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
