"""The headline figures of a study in words, and which judgments they count."""

from dataclasses import replace

from django.db.models import Count, Sum

from annotation.figures.numbers import Headlines, headlines_of, study_revision
from annotation.figures.panels.agreement import coefficients
from annotation.figures.panels.panel import How
from annotation.figures.panels.shares import RATE_HOW
from annotation.figures.plots import Scale, span
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.words import Form, because, interval, large, percent, plain, points, whole_percent
from annotation.models import Participant, Study
from annotation.scales import Question
from annotation.selection import Selection
from stats.estimate import Estimate
from stats.filter.ceiling import Ceiling

UNIT, SIGNED = Scale(0, 1, 0, 100), Scale(-1, 1, 0, 100)
POLL_SECONDS, SLOW_POLL_SECONDS = 1, 10


def dashboard(study: Study, selection: Selection) -> dict:
    """What the headline figures' template needs."""
    # The revision is read first: a judgment in between is then shown again, never missed.
    asked = Asked(study, selection, study_revision(study))
    page = {"study": study, "revision": asked.revision, "selection": selection}
    return {**page, "figures": figures_page(asked), **_who_counts(study, selection)}


def figures_page(asked: Asked) -> dict:
    return asked.once("headlines", lambda: _page(headlines_of(Live(asked)), asked))


def _page(figures: Headlines, asked: Asked) -> dict:
    counts = ("items", "items_judged", "items_complete", "judgments", "wanted", "annotators")
    first = asked.study.questions[0]
    return {
        **{name: getattr(figures, name) for name in (*counts, "updated_at", "is_weighted")},
        "poll_seconds": SLOW_POLL_SECONDS if asked.selection.chooses_judgments else POLL_SECONDS,
        "headlines": [
            *(_rate(figures, question) for question in asked.study.questions),
            _agreement(figures, first),
            _accuracy(figures),
        ],
        "audit": _audit(figures.audit),
    }


def _who_counts(study: Study, selection: Selection) -> dict:
    """How many judgments of which people are left out by a researcher's decision."""
    found = study.participants.filter(state=Participant.State.EXCLUDED).aggregate(
        people=Count("pk"), judgments=Sum("n_judged", default=0)
    )
    return {"n_excluded": found["people"], "excluded_judgments": found["judgments"],
            "with_excluded": selection.with_excluded, "toggled": _toggled(selection)}  # fmt: skip


def _toggled(selection: Selection) -> str:
    return replace(selection, with_excluded=not selection.with_excluded).query


def _rate(figures: Headlines, question: Question) -> dict:
    figure, raw, n = figures.rates[question.name], figures.raw_rates[question.name], figures.answers[question.name]
    yes = large(round((raw.value or 0) * n))
    says = f" Without weights {yes} of {large(n)} judgments: {percent(raw.value)}."
    return {
        "key": question.name,
        "title": question.short,
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "n": f"{_items(figure.n)}, {large(n)} judgment{'' if n == 1 else 's'}" if n else "",
        "how": replace(RATE_HOW, text=RATE_HOW.text + (says if n else "")),
        "show": "show=judged",
    }


def _agreement(figures: Headlines, question: Question) -> dict:
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


def _accuracy(figures: Headlines) -> dict:
    against, figure = figures.filter, figures.filter.quality.accuracy
    complete = f"{large(against.complete)} complete item{'' if against.complete == 1 else 's'}"
    return {
        "key": "accuracy",
        "title": "Filter accuracy",
        **_said(figure, percent),
        "span": span(figure, UNIT),
        **(_paired(figures.ceiling) if figure.value is not None else {}),
        "n": f"{complete}, {_ties(against.ties)}" if against.complete else "",
        "how": How(
            "How often the filter's verdict is that of the majority of an item's annotators, weighted to the run. Only "
            "complete items, of which nobody can still be asked: with the votes so far the figure would drift as more "
            "come in. A tie counts one half. Human ceiling: each annotator against the majority of the item's others, "
            "beside the filter against exactly the same; the interval of the gap is of the pairs.",
            "accuracy = Σ wᵢ [verdict = majority] / Σ wᵢ, wᵢ = 1/πᵢ",
            "Särndal, Swensson and Wretman 1992, section 5.7; Wilson's interval at the effective size.",
        ),
        "show": "show=complete",
    }


def _ties(n: int) -> str:
    return f"{large(n)} tie{'' if n == 1 else 's'}"


def _paired(found: Ceiling) -> dict:
    """People and the filter on one scale: the same comparisons."""
    people, verdicts = found.annotators.accuracy, found.filter.accuracy
    if people.value is None or verdicts.value is None:
        return {}
    gap = f"{points(found.gap.value)} points" + (f" ({interval(found.gap.ci95, points)})" if found.gap.ci95 else "")
    return {
        "pair": {"span": span(verdicts, UNIT), "ceiling": span(people, UNIT)},
        "lines": [
            f"On the same {large(found.comparisons)} comparisons: ● filter {percent(verdicts.value)}, "
            f"○ human ceiling {percent(people.value)}",
            f"Ceiling less filter: {gap}",
        ],
    }


def _audit(figure: Estimate) -> dict:
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
