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
from annotation.figures.words import Form, because, interval, large, percent, plain, whole_percent
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
    figure, raw = figures.rates[question.name], figures.raw_rates[question.name]
    yes = large(round((raw.value or 0) * raw.n))
    says = f" Without weights {yes} of {large(raw.n)} judgments: {percent(raw.value)}."
    return {
        "key": question.name,
        "title": question.short,
        **_said(figure, percent),
        "span": span(figure, UNIT),
        "n": f"{_items(figure.n)}, {large(raw.n)} judgment{'' if raw.n == 1 else 's'}" if raw.n else "",
        "how": replace(RATE_HOW, text=RATE_HOW.text + (says if raw.n else "")),
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
        "lines": [beside] if alpha.n else [],
        "n": f"{_items(alpha.n)} with two or more judgments",
        "how": How(
            "Krippendorff's α, nominal: 1 is perfect agreement, 0 is chance. Only items with two or more judgments. It "
            "falls when nearly all say the same, so read it beside AC1 and the share of yes. Interval with items as "
            "sampling units.",
            "α = 1 − observed / expected disagreement",
            "Krippendorff 2011; interval as in Gwet 2011; AC1 Gwet 2008.",
        ),
        "show": "show=judged",
    }


def _accuracy(figures: Headlines) -> dict:
    figure, people_do = figures.filter.accuracy, figures.ceiling.annotators.accuracy
    has_ceiling = people_do.value is not None and figure.value is not None
    return {
        "key": "accuracy",
        "title": "Filter accuracy",
        **_said(figure, percent, mark="● filter, " if has_ceiling else ""),
        "span": span(figure, UNIT),
        "ceiling": span(people_do, UNIT) if has_ceiling else None,
        "lines": [f"○ human ceiling {percent(people_do.value)} ({interval(people_do.ci95, percent)})"]
        if has_ceiling
        else [],
        "n": f"{_items(figure.n)} with a majority",
        "how": How(
            "How often the filter's verdict is that of the majority, weighted to the run; "
            f"{large(figures.ties)} with a tie left out. {_compared(figures.ceiling)}",
            "accuracy = Σ wᵢ [verdict = majority] / Σ wᵢ, wᵢ = 1/πᵢ",
            "Särndal, Swensson and Wretman 1992, section 5.7; Wilson's interval at the effective size.",
        ),
        "show": "show=wrong",
    }


def _compared(ceiling: Ceiling) -> str:
    said = "Human ceiling: each annotator against the majority of the item's others, "
    said += f"{large(ceiling.comparisons)} comparisons."
    same = ceiling.filter.accuracy
    if same.value is None:
        return said
    return f"{said} On exactly these the filter reaches {percent(same.value)} ({interval(same.ci95, percent)})."


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
