"""The words and formats of an experiment's page, from what is counted and what people say."""

from annotation.figures.plots import dots
from common.words import percent
from research.diversity.page import short_figures
from research.experiments.agreeing import Agreement, agreements
from research.experiments.exact import ArmFigures
from research.experiments.judged import Judged
from research.experiments.progress import experiment_progress
from research.experiments.side_by_side import blunt_test
from research.experiments.strictness import strictness_by_relation
from research.experiments.summary import experiment_read, experiment_state
from research.experiments.telling import telling
from research.experiments.words import answer, between, paragraph, signed
from research.models import Experiment
from stats.estimate import Estimate
from stats.filter.by_group import ByGroup


def experiment_page(experiment: Experiment) -> dict:
    arms, figures, study, people = experiment_read(experiment)
    measures = list(dict.fromkeys(row.name for row in people))
    return {
        "experiment": experiment,
        "state": experiment_state(figures),
        "progress": experiment_progress(experiment),
        "figures": figures,
        "study": study,
        "columns": measures[:3],
        "arms": [_arm(each, people, measures[:3]) for each in figures.arms],
        "answer": answer(figures, people),
        "paragraph": paragraph(experiment.question, figures, people, simulated=bool(study and study.simulated)),
        "kept": [
            {"each": each, "difference": signed(each.against.difference), "bounds": between(each.against.bounds)}
            for each in figures.arms
            if each.against
        ],
        "filters": [_agreement(each) for each in agreements(arms)],
        "strictness": _strictness(strictness_by_relation(study, figures.arms[0].arm.run)) if study else None,
        "measures": [_measure(measure, [row for row in people if row.name == measure]) for measure in measures],
        "blunt": blunt_test(arms, by_words=False),
    }


def _arm(each: ArmFigures, people: list[Judged], columns: list[str]) -> dict:
    """Of the control: as it stands beside the first arm that has pairs with it."""
    own = {row.name: row.of_arm for row in people if row.arm == each.arm}
    if each.arm.is_control:
        own = {row.name: row.of_control for row in reversed(people)}
    near, distinct = ("", "") if each.arm.reading else short_figures(each.arm.run)
    return {
        "figures": each,
        "kept": percent(each.whole.share),
        "kept_in_common": percent(each.common.share),
        "judged": [(name, *_cell(own.get(name))) for name in columns],
        "near": near,
        "distinct": distinct,
        "treated": each.arm.run.config.get("pictures", "") if each.arm.factor == "pictures" else "",
    }


def _cell(figure: Estimate | None) -> tuple[str, str]:
    if figure is None or figure.value is None:
        return "–", ""
    interval = "–".join(f"{100 * end:.0f}" for end in figure.ci95 or ())
    return percent(figure.value), interval


def _agreement(each: Agreement) -> dict:
    low, high = each.kappa.ci95 or (None, None)
    kappa = each.kappa.reason if each.kappa.value is None else f"{each.kappa.value:.2f}"
    interval = "" if low is None else f"{low:.2f} to {high:.2f}"
    return {"each": each, "agree": percent(each.agree), "kappa": kappa, "interval": interval}


def _strictness(found: ByGroup) -> dict:
    """Thresholds are advice only where they pay."""
    gain = found.gain
    each = [(name, f"{at:g}", n) for name, (at, n) in sorted(found.each.items())] if found.pays else []
    one = "–" if found.one is None else f"{found.one:g}"
    return {"gain": signed(gain.value), "interval": between(gain.ci95), "n": gain.n, "one": one, "each": each}


def _measure(name: str, rows: list[Judged]) -> dict:
    one_factor = len({row.arm.factor for row in rows}) == 1
    shown = [
        (
            _name(row, one_factor),
            row.difference.figure,
            signed(row.difference.figure.value),
            between(row.difference.figure.ci95),
        )
        for row in rows
    ]
    ends = [abs(end) for row in rows for end in row.difference.figure.ci95 or (row.difference.figure.value or 0.0,)]
    widest = next(each for each in (0.1, 0.2, 0.4, 0.6, 1.0) if each >= max(ends, default=0.0) or each == 1.0)
    ticks = [(at * widest, _tick(at * widest)) for at in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    return {
        "name": name,
        "plot": dots(shown, label=f"{name}: difference to the control in points", ticks=ticks, reference=0.0),
        "telling": telling(rows),
        "rows": [_row(row) for row in rows],
        "parts": [_part(part, rows) for part in dict.fromkeys(part for row in rows for part in row.parts)],
    }


def _name(row: Judged, one_factor: bool) -> str:
    """Where all arms differ in the same thing, what it is need not be said of each."""
    return row.arm.label.partition(": ")[2] or row.arm.label if one_factor else row.arm.label


def _tick(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−") if share else "0"


def _row(row: Judged) -> dict:
    found = row.difference
    return {
        "arm": row.arm.label,
        "of_arm": row.of_arm,
        "of_control": row.of_control,
        "difference": signed(found.figure.value),
        "interval": between(found.figure.ci95),
        "why": found.figure.reason,
        "n": found.figure.n,
        "p": "" if row.p is None else "< .001" if row.p < 0.001 else f"{row.p:.3f}",
        "is_clear": row.is_clear,
        "bounds": between(row.bounds),
        "detectable": "" if found.detectable is None else f"{100 * found.detectable:.1f}",
        "needed": {f"{100 * wanted:g}": n for wanted, n in row.needed.items() if n},
        "people": between(row.people.ci95) if row.people else "",
    }


def _part(part: str, rows: list[Judged]) -> dict:
    """Differences by relation, by category or by type of product."""
    shown = [
        (
            row.arm.label,
            name,
            signed(each.figure.value),
            between(each.figure.ci95),
            between(row.people_parts[part][name].ci95),
            each.figure.n,
        )
        for row in rows
        for name, each in row.parts[part].items()
    ]
    return {"name": part, "rows": shown, "n": len({name for _, name, *_ in shown})}
