"""The words and formats of an experiment's page, from what is counted and what people say."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import Count, Max

from annotation.models import Judgment, Study
from common.words import percent
from distillation.models import CoBuy, Failure, Picture
from distillation.runs.pictures import LEFT_OUT, UNCHANGED
from research.diversity.page import short_figures
from research.experiments.agreeing import Agreement, agreements
from research.experiments.exact import ArmFigures
from research.experiments.factors import asks_the_same, control_plan
from research.experiments.judged import Judged
from research.experiments.panels import Asked, panels
from research.experiments.progress import experiment_progress
from research.experiments.side_by_side import Blunt, blunt_test, pictures_seen
from research.experiments.strictness import strictness_by_relation
from research.experiments.summary import experiment_read, experiment_state
from research.experiments.words import answer, between, lead, paragraph, signed
from research.models import Arm, Experiment
from stats.estimate import Estimate
from stats.filter.by_group import ByGroup


def experiment_page(experiment: Experiment, asked: Asked) -> dict:
    arms, figures, study, people = experiment_read(experiment)
    repeats = _repeats(arms)
    measures, thumbs = list(dict.fromkeys(row.name for row in people)), _thumbs(arms)
    rows = [
        _arm(each, people, measures[:3], thumbs.get(each.arm.pk), is_repeat=each.arm in repeats)
        for each in figures.arms
    ]
    return {
        "experiment": experiment,
        "state": experiment_state(arms),
        "progress": experiment_progress(experiment),
        "figures": figures,
        "n_arms": len(figures.arms) - 1,
        "runs_query": urlencode([("runs", arm.run_id) for arm in arms if not arm.reading]),
        "thumbs": any(thumbs.values()),
        "study": study,
        "columns": measures[:3],
        "arms": rows,
        "known": _known(rows),
        "when": _when(arms, study),
        "lead": lead(people),
        "answer": answer(figures, people),
        "losses": _losses(arms),
        "paragraph": paragraph(experiment.question, figures, people, simulated=bool(study and study.simulated)),
        "kept": [
            {"each": each, "difference": signed(each.against.difference), "bounds": between(each.against.bounds)}
            for each in figures.arms
            if each.against
        ],
        "filters": [_agreement(each) for each in agreements(arms)],
        "strictness": _strictness(strictness_by_relation(study, figures.arms[0].arm.run)) if study else None,
        "panels": panels(arms, figures, people, asked),
        "blunt": _blunt(blunt_test(arms, by_words=False), people),
    }


def _when(arms: Sequence[Arm], study: Study | None) -> dict:
    runs = [arm.run for arm in arms]
    ends = [run.finished_at for run in runs if run.finished_at]
    said = {
        "from": min(run.created_at for run in runs),
        "until": max(ends) if len(ends) == len(runs) else None,
        "models": list(dict.fromkeys(run.model for run in runs)),
    }
    if study:
        judgments = Judgment.objects.counting().filter(item__study=study)
        said |= judgments.aggregate(people=Count("participant", distinct=True), judged_until=Max("created_at"))
    return said


def _losses(arms: Sequence[Arm]) -> list[tuple[str, int, str]]:
    """(arm, co-buys, why) of what treatments lost."""
    label = {arm.run_id: arm.label for arm in arms if not arm.reading}
    lost = Failure.objects.filter(run__in=label, reason__in=LEFT_OUT)
    counted = lost.order_by("run", "reason").values_list("run", "reason").annotate(n=Count("cobuy", distinct=True))
    why = {UNCHANGED: "a picture would stay as it was"}
    return [(label[run], n, why.get(reason, "a picture could not be treated")) for run, reason, n in counted]


def _blunt(found: Blunt | None, people: Sequence[Judged]) -> dict | None:
    """With the first figure that people judge, of the pictures as they are and of those swapped."""
    if found is None:
        return None
    judged = next((row for row in people if row.arm == found.arm), None)
    readout = []
    if judged:
        difference = judged.difference.figure
        readout = [
            (f"{judged.name}, control", *_cell(judged.of_control)),
            (f"{judged.name}, swapped", *_cell(judged.of_arm)),
            ("Difference, points", signed(difference.value), between(difference.ci95)),
        ]
    return {
        "arm": found.arm,
        "equal": found.equal,
        "n": found.n,
        "people": found.people,
        "readout": readout,
        "looks": bool(judged and judged.is_clear),
    }


def _known(rows: Sequence[dict]) -> set[str]:
    """Columns of which some arm has a figure: rules count no tokens, and diversity is computed on wish."""
    found = {name for row in rows for name in ("near", "distinct") if row[name]}
    found |= {"tokens" for row in rows if row["figures"].tally.prompt_tokens}
    return found | {"cost" for row in rows if row["figures"].cost is not None}


def _repeats(arms: Sequence[Arm]) -> list[Arm]:
    """Taken as they are, and asked as the control was."""
    control = next(arm.run for arm in arms if arm.is_control)
    if control.is_imported:
        return []
    asked = control_plan(control)
    return [arm for arm in arms if not (arm.is_control or arm.factor) and asks_the_same(arm.run, asked)]


def _thumbs(arms: Sequence[Arm]) -> dict[int, Picture | None]:
    """One picture of the control as each arm saw it, where arms differ in that."""
    control = next(arm.run for arm in arms if arm.is_control)
    pictured = CoBuy.objects.with_pictures().filter(pk__in=control.cobuys.values("cobuy")).select_related("a__picture")
    if not any(arm.factor == "pictures" for arm in arms) or not (cobuy := pictured.order_by("pk").first()):
        return {}
    return {arm.pk: pictures_seen(arm.run, cobuy)[0] for arm in arms if not arm.reading}


def _arm(each: ArmFigures, people: list[Judged], columns: list[str], thumb: Picture | None, *, is_repeat: bool) -> dict:
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
        "thumb": thumb,
        "is_repeat": is_repeat,
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
