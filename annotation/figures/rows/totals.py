"""What is known of the runs whole, by group and stratum: a study's sample speaks of it, and it needs no estimate."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum
from numpy.typing import NDArray

from annotation.design.population import population
from annotation.figures.patterns import By
from annotation.models import Study
from annotation.selection import Selection
from common.cached import cached
from common.kept import kept_q
from distillation.models import Run
from stats.estimate import Estimate, undefined
from stats.survey.run import RunTotals, kept_share, run_totals

Floats = NDArray[np.float64]

GOING_SECONDS, DONE_SECONDS = 30, 600
GROUPS = {"relation": "relation", "category": "category", "run": "run__name"}
COUNTED = ("intentions", "filtered", "kept", "p_yes", "kept_p_yes", "without_p_yes")
NO_VERDICTS = "the run's intentions have no verdict"
PAIRED = "the runs were drawn from in pairs"
CHANGED = "the run is not as it was when the sample was drawn from it"


@dataclass(frozen=True, slots=True)
class Totals:
    """Columns of equal length, a row each group and stratum. `filtered` have a verdict; those without p(yes) are in
    `without_p_yes`. `problem` says why the sample can't lean on them; they are right all the same."""

    group: NDArray[np.str_]
    stratum: NDArray[np.str_]
    intentions: Floats
    filtered: Floats
    kept: Floats
    p_yes: Floats
    kept_p_yes: Floats
    without_p_yes: Floats
    problem: str = ""

    def kept_share(self, group: str | None = None) -> Estimate:
        """Counted: of the intentions with a verdict."""
        kept, filtered = self.counted(group)
        return kept_share(kept, filtered) if filtered else undefined(NO_VERDICTS)

    def counted(self, group: str | None = None) -> tuple[int, int]:
        """The kept, and all with a verdict."""
        within = self._within(group)
        return round(self.kept[within].sum()), round(self.filtered[within].sum())

    def of_run(self, group: str | None = None) -> RunTotals:
        """By stratum, of all groups or one."""
        within = self._within(group)
        names, code = np.unique(self.stratum[within], return_inverse=True)
        columns = (self.intentions, self.kept, self.p_yes, self.kept_p_yes, self.without_p_yes)
        intentions, kept, p_yes, kept_p_yes, without = (np.bincount(code, each[within], len(names)) for each in columns)
        return run_totals(intentions, kept, p_yes, kept_p_yes, without_p_yes=without, strata=names)

    def _within(self, group: str | None) -> NDArray[np.bool_]:
        return np.ones(len(self.group), dtype=bool) if group is None else self.group == group


def totals(study: Study, selection: Selection, by: By = "relation") -> Totals:
    """Counted once for as long as the runs and their strictness stay as they are."""
    runs = [(run.pk, run.state, run.finished_at, run.strictness) for run in study.runs_in_order]
    going = any(state in (Run.State.RUNNING, Run.State.PAUSED) for _, state, *_ in runs)
    asked = (study.pk, runs, selection.relation, selection.category, selection.run, by)
    key = hashlib.sha256(repr(asked).encode()).hexdigest()
    return cached(f"totals-{key}", lambda: _totals(study, selection, by), GOING_SECONDS if going else DONE_SECONDS)


def _totals(study: Study, selection: Selection, by: By) -> Totals:
    everything = population(study)
    rows = _counted(everything.filter(selection.of_items()), by)
    columns = np.array(rows, dtype=object).reshape(-1, 8).T
    (group, stratum), numbers = columns[:2].astype(str), dict(zip(COUNTED, columns[2:].astype(float), strict=True))
    return Totals(group, stratum, **numbers, problem=_problem(study, everything))


def _counted(intentions: QuerySet[Any], by: By) -> list[tuple[Any, ...]]:
    kept = kept_q(F("run__strictness"), prefix="verdict__")
    return list(
        intentions.values_list(GROUPS[by], "stratum")
        .annotate(
            intentions=Count("pk"),
            filtered=Count("verdict"),
            kept=Count("pk", filter=kept),
            p_yes=Sum("verdict__p_yes", default=0),
            kept_p_yes=Sum("verdict__p_yes", filter=kept, default=0),
            without_p_yes=Count("pk", filter=Q(verdict__p_yes__isnull=True)),
        )
        .order_by(GROUPS[by], "stratum")
    )


def _problem(study: Study, everything: QuerySet[Any]) -> str:
    """An item of a stratum stands for as many intentions as its chance says: those that there were."""
    if study.paired:
        return PAIRED
    drawn_from = study.items.sampled().values_list("stratum").annotate(size=Sum(1.0 / F("inclusion_probability")))
    now = dict(everything.values_list("stratum").annotate(n=Count("pk")).order_by())
    changed = any(abs(now.get(stratum, 0) - size) > 0.5 for stratum, size in drawn_from)
    return CHANGED if changed else ""
