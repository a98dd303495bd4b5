"""A study as one page for a paper: what was done, what was found, and how the numbers can be checked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import Figures, study_figures, study_revision
from annotation.figures.opinions import now_or_latest
from annotation.figures.panels import agreement_by_judgments, looking, repeats, shares, unjudged
from annotation.figures.panels.agreement import leaf
from annotation.figures.panels.filter import calibration
from annotation.figures.panels.filter.confusion import OF_LATENT
from annotation.figures.panels.panel import Shown
from annotation.figures.reports.estimators import HEAD as HEAD_OF_ESTIMATORS
from annotation.figures.reports.estimators import estimators
from annotation.figures.reports.facts import Facts, facts_of
from annotation.figures.reports.methods import methods
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Reported
from annotation.figures.rows.live import Live
from annotation.figures.rows.reported import reported
from annotation.figures.slow import Latest
from annotation.figures.tables import Column, Table
from annotation.figures.words import Form, fine, percent, plain, points
from annotation.models import Skip, Study, StudyChange
from annotation.scales import Question
from annotation.selection import EVERYTHING
from common.version import __version__
from common.words import day_words
from distillation.pipeline.relations import RELATIONS
from stats.agreement.names import COEFFICIENTS
from stats.estimate import Estimate
from stats.filter.people import FIGURES as OF_PEOPLE

HEAD, PEOPLE = ("", "Value", "95 %", "Items"), "People like them, 95 %"
FILTER = (
    ("Accuracy", "accuracy", True),
    ("Precision", "precision", True),
    ("Recall", "recall", True),
    ("Specificity", "specificity", True),
    ("False rejections, of the rejected", "false_rejection_rate", True),
    ("F1", "f1", False),
    ("MCC", "mcc", False),
)
COMPUTED = (
    "Shares are means over items of the share of their annotators who say yes, weighted to the run; which estimator "
    "and interval each figure has, and what p(yes) gave, is told in the table of estimators (Särndal et al. 1992; Kott "
    "and Carr 1997; Angelopoulos et al. 2023). Agreement has items as sampling units (Gwet 2014; Krippendorff 2011). "
    "The filter is set against the majority of the annotators of complete items, a tie as one half; the human ceiling "
    "sets each annotator against the majority of the others. All intervals are at 95 %."
)


PLOTTED = (shares.PLAUSIBILITY, calibration.PANEL, agreement_by_judgments.PANEL)


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    simulated: bool
    methods: list[str]
    guidelines: str
    exclusions: list[str]
    plots: list[tuple[str, Shown]]
    tables: list[Table]
    checks: list[tuple[str, str]]
    estimators: list[dict[str, str]]
    facts: Facts
    figures: Figures
    latent: Latest

    def datasheet(self) -> dict:
        """The same for programs; figures as `study_stats --json` has them."""
        return {
            "study": self.title,
            "simulated": self.simulated,
            "facts": self.facts.as_dict(),
            "methods": self.methods,
            "estimators": self.estimators,
            "exclusions": self.exclusions,
            "figures": self.figures.as_dict(),
            "latent_truth": {name: self.latent.get(name).as_dict() for name in OF_LATENT},
            "checks": dict(self.checks),
        }


def study_report(study: Study) -> Report:
    numbers, figures, facts = reported(study), study_figures(study), facts_of(study)
    made_by, latent = estimators(study, figures), _latent(study)
    return Report(
        title=study.name,
        simulated=study.simulated,
        methods=[*methods(study, facts, numbers.chances), _judging(figures), COMPUTED],
        guidelines=study.guidelines,
        exclusions=_exclusions(study, numbers),
        plots=plots(study),
        tables=_tables(study, figures, numbers, latent, made_by) if figures.judgments else [],
        checks=_checks(study),
        estimators=[dict(zip(HEAD_OF_ESTIMATORS, row, strict=True)) for row in made_by],
        facts=facts,
        figures=figures,
        latent=latent,
    )


def _tables(
    study: Study, figures: Figures, numbers: Reported, latent: Latest, made_by: Sequence[tuple[str, ...]]
) -> list[Table]:
    return [
        _rates(study, figures, numbers),
        *(_agreement(figures, question) for question in study.questions),
        _filter(figures),
        _against_latent(latent),
        _by_relation(study, figures),
        *_planned(study),
        *_repeats(study),
        *_unjudged(study),
        _table("Estimators", HEAD_OF_ESTIMATORS, made_by, "text"),
    ]


def plots(study: Study) -> list[tuple[str, Shown]]:
    """Of the panels that have something to draw."""
    asked = Asked(study, EVERYTHING, study_revision(study))
    shown = [(panel.title, panel.shown(asked)) for panel in PLOTTED]
    return [(title, each) for title, each in shown if each.plot]


def _judging(figures: Figures) -> str:
    return (
        f"{figures.annotators} annotators gave {figures.judgments:,} of {figures.wanted:,} wanted judgments on "
        f"{figures.items_judged:,} items ({figures.items_complete:,} complete). Intervals speak of these annotators "
        "judging other items; those of people like them take the annotators as drawn from more, too."
    )


def _exclusions(study: Study, numbers: Reported) -> list[str]:
    lines = [f"Skipped, not counted as judgments: {n:,} ({Skip.Reason(why).label})" for why, n in numbers.skips.items()]
    others = sorted(numbers.other_kinds.items())
    lines += [f"Not in the figures: {n:,} judgments of kind {kind}" for kind, n in others]
    for person in study.participants.excluded().order_by("pk"):
        lines.append(f"Annotator {person} excluded with {person.n_judged:,} judgments: {person.state_reason}")
    lines += [_deviation(study, change) for change in study.changes.order_by("pk")]
    return lines or ["Nothing was skipped and nobody excluded."]


def _deviation(study: Study, change: StudyChange) -> str:
    """A change after the draw; where a plan had been fixed before, it is said to depart from it."""
    plan = getattr(study, "plan", None)
    departs = "Departs from the plan: " if plan and plan.fixed_at < change.at else ""
    what = (
        f"{change.get_kind_display()}, from {change.before} to {change.now}"
        if change.now
        else change.get_kind_display()
    )
    words = f"{what}, on {change.at:%Y-%m-%d}"
    return f"{departs}{words}" if departs else words.capitalize()


def _rates(study: Study, figures: Figures, numbers: Reported) -> Table:
    rows = [
        (
            each.short,
            *_shown(figures.rates[each.name]),
            _shown(numbers.clustered[each.name])[1],
            ", ".join(_shown(figures.people[each.name])[:2]),
        )
        for each in study.questions
    ]
    others = ("95 %, co-buys as sampling units, without p(yes)", PEOPLE)
    return _table("Shares of the whole run", ("", "Estimate", "95 %", "Items", *others), rows)


def _table(caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], kind: str = "words") -> Table:
    """A table whose figures are words already."""
    first, *others = head
    return Table(caption, (Column(first), *(Column(title, kind) for title in others)), rows)


def _agreement(figures: Figures, question: Question) -> Table:
    report = figures.agreement[question.name]
    answers = zip(question.ascending, report["prevalence"], strict=True)
    shares = ", ".join(
        f"{question.label(value)} {percent(share['value'])}" for value, share in answers if share["value"] is not None
    )
    told = [each for each in COEFFICIENTS if each.in_report]
    rows = [(each.name, *_shown(leaf(each.of(report)), _form(each.is_share))) for each in told]
    mind = f". Mind: {report['warning']}" if report.get("warning") else ""
    return _table(f"Agreement: {question.short}" + (f" ({shares})" if shares else "") + mind, HEAD, rows)


def _filter(figures: Figures) -> Table:
    against, best = figures.filter, figures.ceiling
    quality = against.quality
    rows = [
        (name, *_shown(getattr(quality, key), _form(is_share)), _of_people(figures, key))
        for name, key, is_share in FILTER
    ]
    others = [
        ("Human ceiling: an annotator against the others", *_shown(best.annotators.accuracy)),
        ("The filter on the same comparisons", *_shown(best.filter.accuracy)),
        ("Human ceiling less filter, in points", *_shown(best.gap, points)),
        ("Kept by the filter, counted over the run", *_shown(figures.kept)),
        ("“The filter was right”, said after the reveal", *_shown(figures.audit)),
    ]
    rows += [(*row, "–") for row in others]
    cells = f"{quality.tp} rightly kept, {quality.fp} wrongly kept, {quality.fn} wrongly rejected, {quality.tn} rightly"
    return _table(
        f"The filter against people ({cells} rejected; {against.ties} ties, one half as either)", (*HEAD, PEOPLE), rows
    )


def _of_people(figures: Figures, name: str) -> str:
    """Of the figures that are defined for them."""
    return _shown(figures.people[name])[1] if name in OF_PEOPLE else "–"


def _latent(study: Study) -> Latest:
    """A worker makes it: the report has what was made last."""
    asked = Asked(study, EVERYTHING, study_revision(study), on_page=True)
    return now_or_latest(Live(asked), {"latent": True})["latent"]


def _against_latent(latent: Latest) -> Table:
    forms = {name: points if name == "gap" else percent for name in OF_LATENT}
    rows = [(title, *_shown(latent.get(name), forms[name])) for name, title in OF_LATENT.items()]
    as_of = f", as of {day_words(latent.as_of)}, {latent.as_of:%H:%M}" if latent.as_of else ""
    return _table(f"The filter and annotators against the latent truth behind all votes{as_of}", HEAD, rows)


def _by_relation(study: Study, figures: Figures) -> Table:
    rows = [
        (
            RELATIONS[code].words,
            str(group.items),
            *(part for each in study.questions for part in _shown(group.rates[each.name])[:2]),
        )
        for code, group in figures.by_relation.items()
    ]
    head = ("Relation", "Items", *(part for question in study.questions for part in (question.short, "95 %")))
    return _table("Shares by relation", head, rows)


def _planned(study: Study) -> list[Table]:
    """The figure that the plan is for, at one look and at all."""
    found = looking.numbers(Live(Asked(study)))
    if found.plan is None:
        return []
    rows = [(name, *_shown(each)) for name, each in looking.named(found)]
    return [_table(f"Primary figure of the plan: {found.plan.get_figure_display()}", HEAD, rows)]


def _repeats(study: Study) -> list[Table]:
    found = repeats.numbers(Live(Asked(study)))
    if not found.repeats:
        return []
    rows = [(f"{short}: {title}", *_shown(each, fine)) for short, title, each in repeats.told(found)]
    left_out = f"; {found.revealed:,} after their verdict had been revealed are left out" if found.revealed else ""
    return [_table(f"Agreement with oneself, {found.repeats:,} repeats before any verdict{left_out}", HEAD, rows)]


def _unjudged(study: Study) -> list[Table]:
    found = unjudged.numbers(Live(Asked(study)))
    if not found.share:
        return []
    strata = [(name, percent(each.value)) for name, each in unjudged.lines(found)]
    caption = f"Share without a judgment, by what items stand for. {unjudged.extremes(found)}"
    mind = f" Mind: {found.warning}." if found.warning else ""
    return [_table(caption + mind, ("", "Unjudged"), [("The whole run", percent(found.share)), *strata])]


def _checks(study: Study) -> list[tuple[str, str]]:
    digest = hashlib.sha256()
    for piece in judgments_csv(study):
        digest.update(piece)
    own = " (set from this study, whose figures there are too good)"
    strictness = ", ".join(
        f"{run.name}: {run.strictness:g}{own if run in study.set_here else ''}" for run in study.runs.order_by("pk")
    )
    now = datetime.now(UTC)
    return [
        ("Software", f"Mindsite {__version__}"),
        ("Strictness of the runs", strictness),
        ("SHA-256 of the judgments as CSV", digest.hexdigest()),
        ("Written", f"{day_words(now)}, {now:%H:%M} UTC"),
    ]


def _form(is_share: bool) -> Form:
    return percent if is_share else partial(plain, digits=3)


def _shown(figure: Estimate, form: Form = percent) -> tuple[str, str, str]:
    """Value, interval and number of items."""
    if figure.value is None:
        return "undefined", figure.reason, f"{figure.n:,}"
    interval = " to ".join(form(bound) for bound in figure.ci95) if figure.ci95 else "–"
    return form(figure.value), interval, f"{figure.n:,}"
