"""An experiment as rows: the same for the page, JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from annotation.figures.numbers import study_revision
from annotation.models import Study
from common.cached import cached
from distillation.models import Run
from research.experiments.agreeing import Agreement, agreements
from research.experiments.exact import ArmFigures, Exact, Kept, exact
from research.experiments.judged import Judged, judged, studies_of
from research.experiments.kept_parts import kept_by
from research.experiments.progress import experiment_revision
from research.experiments.strictness import strictness_by_relation
from research.models import Arm, Experiment

CSV_COLUMNS = (
    *("arm", "run", "measure", "value", "low", "high", "n", "p_holm", "bound_low", "bound_high", "detectable"),
    *("simulated", "people_low", "people_high", "part", "of_part"),
)
COUNTED_OF_ARM = ("kept_share", "failed", "left_out", "words_mean", "tokens", "dollars")
PARTS = ("relation", "category", "product_type")
KEPT_SECONDS = 60


def experiment_read(experiment: Experiment) -> tuple[list[Arm], Exact, Study | None, list[Judged]]:
    """Worked out once until something is judged or a run goes on."""
    arms = list(experiment.arms.select_related("run"))
    study = next(iter(studies_of(arms)), None)
    of_study = study_revision(study) if study else ""
    key = f"experiment-{experiment.pk}-{experiment_revision(experiment)}-{of_study}"
    figures, people = cached(key, lambda: _read(arms, study), KEPT_SECONDS)
    return arms, figures, study, people


def _read(arms: list[Arm], study: Study | None) -> tuple[Exact, list[Judged]]:
    figures = exact(arms)
    return figures, judged(study, arms, figures.arms) if study else []


def experiment_state(arms: Iterable[Arm]) -> str:
    states = {arm.run.state for arm in arms}
    for state in (Run.State.RUNNING, Run.State.PAUSED, Run.State.CANCELLED):
        if state in states:
            return str(state.label)
    return "done"


def experiment_summary(experiment: Experiment) -> dict[str, Any]:
    arms, figures, study, people = experiment_read(experiment)
    kept = {part: kept_by(arms, _words(part)) for part in PARTS}
    return {
        "experiment": experiment.name,
        "question": experiment.question,
        "state": experiment_state(arms),
        "cobuys": figures.cobuys,
        "cobuys_in_all_arms": figures.common,
        "relations": list(figures.relations),
        "arms": [
            _arm(each, {part: found.get(each.arm.pk, {}) for part, found in kept.items()}) for each in figures.arms
        ],
        "study": study.name if study else None,
        "simulated": bool(study and study.simulated),
        "judged": [_judged(row) for row in people],
        "strictness_by_relation": _by_relation(study, figures) if study else None,
        "filters": [_agreement(each) for each in agreements([each.arm for each in figures.arms])],
    }


def csv_rows(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """A figure a row; columns as in CSV_COLUMNS."""
    rows = []
    for arm in summary["arms"]:
        named = {"arm": arm["arm"], "run": arm["run"]}
        rows += [{**named, "measure": each, "value": arm[each], "n": arm["verdicts"]} for each in COUNTED_OF_ARM]
        common = {"value": arm["kept_share_in_common"], "n": arm["verdicts_in_common"]}
        rows.append({**named, "measure": "kept_share_in_common", **common})
        if against := arm["against_control"]:
            rows.append(named | _kept_row(against))
            rows += [
                {**named, **_kept_row(kept), "part": part, "of_part": name}
                for part in PARTS
                for name, kept in against[f"by_{part}"].items()
            ]
    for row in summary["filters"]:
        named = {"arm": f"{row['first']} and {row['second']}", "run": ""}
        rows.append({**named, "measure": "filters_agree", "value": row["agree"], "n": row["n"]})
        rows.append({**named, "measure": "kappa_of_filters", **_flat(row["kappa"])})
    for row in summary["judged"]:
        rows += [{**each, "simulated": summary["simulated"]} for each in _judged_rows(row)]
    return rows


def _kept_row(kept: dict[str, Any]) -> dict[str, Any]:
    low, high = kept["bounds"] or (None, None)
    counted = {"measure": "kept_difference", "value": kept["difference"], "n": kept["verdicts"]}
    return counted | {"bound_low": low, "bound_high": high}


def _judged_rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    named = {"arm": row["arm"], "run": row["run"]}
    low, high = row["bounds"] or (None, None)
    whole = {**named, "measure": f"{row['measure']} difference", **_flat(row["difference"]), "p_holm": row["p_holm"]}
    parts = [
        {**named, "measure": f"{row['measure']} difference", **_flat(figure), "part": part, "of_part": name}
        | _people(figure)
        for part in PARTS
        for name, figure in row[f"by_{part}"].items()
    ]
    of_arm = {**named, "measure": row["measure"], **_flat(row["arm_figure"])}
    of_control = {**named, "measure": f"{row['measure']} of the control", **_flat(row["control_figure"])}
    whole |= _people(row)
    return [of_arm, of_control, whole | {"bound_low": low, "bound_high": high, "detectable": row["detectable"]}, *parts]


def _people(leaf: dict[str, Any]) -> dict[str, Any]:
    low, high = (leaf["people_like_them"] or {}).get("ci95") or (None, None)
    return {"people_low": low, "people_high": high}


def _flat(leaf: dict[str, Any]) -> dict[str, Any]:
    low, high = leaf["ci95"] or (None, None)
    return {"value": leaf["value"], "low": low, "high": high, "n": leaf["n"]}


def _arm(each: ArmFigures, parts: dict[str, dict[str, Kept]]) -> dict[str, Any]:
    against = each.against
    return {
        "arm": each.arm.label,
        "run": each.arm.run.name,
        "is_control": each.arm.is_control,
        "factor": each.arm.factor,
        "value": each.arm.value,
        "state": each.arm.run.state,
        "units": each.units,
        "verdicts": each.whole.verdicts,
        "kept": each.whole.kept,
        "kept_share": each.whole.share,
        "kept_share_in_common": each.common.share,
        "verdicts_in_common": each.common.verdicts,
        "failed": each.whole.failed,
        "owed": each.owed,
        "left_out": each.left_out,
        "unchanged": each.unchanged,
        "adds_up": each.adds_up,
        "words_mean": each.whole.words_mean,
        "tokens": each.tally.prompt_tokens + each.tally.completion_tokens,
        "dollars": each.cost,
        "against_control": against
        and {
            **_kept(against),
            "cobuys": against.cobuys,
            **{f"by_{part}": {name: _kept(kept) for name, kept in found.items()} for part, found in parts.items()},
        },
    }


def _kept(kept: Kept) -> dict[str, Any]:
    bounds = kept.bounds and list(kept.bounds)
    return {"difference": kept.difference, "bounds": bounds, "verdicts": kept.arm.verdicts}


def _judged(row: Judged) -> dict[str, Any]:
    return {
        "arm": row.arm.label,
        "run": row.arm.run.name,
        "measure": row.name.lower(),
        "arm_figure": row.of_arm.as_dict(),
        "control_figure": row.of_control.as_dict(),
        "difference": row.difference.figure.as_dict(),
        "p_holm": row.p,
        "bounds": row.bounds and list(row.bounds),
        "counts_like": row.difference.counts_like,
        "detectable": row.difference.detectable,
        "pairs_needed": {f"{100 * wanted:g} points": n for wanted, n in row.needed.items()},
        "people_like_them": row.people.as_dict() if row.people else None,
        **{f"by_{part}": _parts(row, _words(part)) for part in PARTS},
    }


def _parts(row: Judged, part: str) -> dict[str, Any]:
    people = row.people_parts.get(part, {})
    return {
        name: {**found.figure.as_dict(), "people_like_them": people[name].as_dict()}
        for name, found in row.parts.get(part, {}).items()
    }


def _by_relation(study: Study, figures: Exact) -> dict[str, Any]:
    found = strictness_by_relation(study, figures.arms[0].arm.run)
    each = {name: {"strictness": at, "n": n} for name, (at, n) in found.each.items()}
    return {"gain": found.gain.as_dict(), "pays": found.pays, "one": found.one, "each": each if found.pays else {}}


def _agreement(each: Agreement) -> dict[str, Any]:
    counts = {name: getattr(each, name) for name in ("n", "both", "first_only", "second_only", "neither")}
    return {
        "first": each.first.label,
        "second": each.second.label,
        **counts,
        "agree": each.agree,
        "kappa": each.kappa.as_dict(),
    }


def _words(part: str) -> str:
    return part.replace("_", " ")
