"""Two runs of a study by relation, over the same co-buys or not: such as a release beside one's own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.figures.periods.rows import Dated
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.live import Live
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, large, points, whole_percent
from annotation.models import Study
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from stats.differences.contrasts import part_difference, standardised_difference
from stats.estimate import Estimate

MEASURES = {"typical": "Typical", "plausible": "Plausible"}
Parts = tuple[NDArray[np.bool_], NDArray[np.bool_]]
COLOURS = ("c-accent", "c-ink")


@dataclass(frozen=True, slots=True)
class OfRelation:
    relation: str
    a: Estimate
    b: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class ByRelation:
    """`together`: the mean of the differences, each relation that both have counted alike."""

    measure: str
    a: str
    b: str
    rows: list[OfRelation]
    together: Estimate
    common_cobuys: int


@transaction.atomic
def relations_compare(study: Study, a: Run, b: Run, measure: str) -> ByRelation:
    return relations_of(Live(Asked(study)), a, b, measure)


def relations_of(of_study: Rows, a: Run, b: Run, measure: str) -> ByRelation:
    every = of_study.dated()
    values, among = every.values(measure)
    of = (every.run == a.pk, every.run == b.pk)
    rows = [
        _of_relation(str(relation), every, values, among, of) for relation in np.unique(every.relation[of[0] | of[1]])
    ]
    return ByRelation(
        measure,
        a.name,
        b.name,
        rows,
        standardised_difference(values, *of, every.relation, every.sample, among=among),
        _common(every, of),
    )


def _of_relation(relation: str, every: Dated, values: np.ndarray, among: np.ndarray, of: Parts) -> OfRelation:
    here = (every.relation == relation) & among
    a, b = (every.sample.ratio(values * (part & here), part & here, "not judged in this run") for part in of)
    return OfRelation(relation, a, b, part_difference(values, *of, every.sample, here))


def _common(every: Dated, of: Parts) -> int:
    unit = every.sample.unit
    return 0 if unit is None else len(set(unit[of[0]].tolist()) & set(unit[of[1]].tolist()))


def by_relation_table(found: ByRelation) -> Table:
    title = MEASURES[found.measure]
    a, b = (Column(f"{title}, {run}", "share") for run in (found.a, found.b))
    n, difference = Column("Items", "count"), Column("Difference, points", "points")
    columns = (Column("Relation"), a, n, b, n, difference)
    rows = [(_words(row.relation), row.a, row.a.n, row.b, row.b.n, row.difference) for row in found.rows]
    return Table(f"{title} by relation; 95 % intervals", columns, rows)


def by_relation_plot(found: ByRelation) -> Dots | None:
    """As the paper's figure: for each relation the one run's share over the other's, with intervals."""
    pairs = [(row, name, rate) for row in found.rows for name, rate in ((found.a, row.a), (found.b, row.b))]
    if not any(rate.value is not None for *_, rate in pairs):
        return None
    made = dots(
        [(f"{_words(row.relation)}, {name}", rate, *_value(rate, whole_percent)) for row, name, rate in pairs],
        label=f"{MEASURES[found.measure]} by relation in {found.a} and {found.b}; the table has the values",
        across=f"{MEASURES[found.measure]}, share with 95 % interval",
        ticks=[(0, "0"), (0.5, "50 %"), (1, "100 %")],
    )
    return replace(made, rows=[replace(row, css=COLOURS[i % 2]) for i, row in enumerate(made.rows)])


def together_words(found: ByRelation) -> str:
    together = found.together
    title = MEASURES[found.measure]
    if together.value is None:
        return f"{title}: no relation is judged in both runs yet."
    within = f" ({interval(together.ci95, points)})" if together.ci95 else ""
    low, high = together.ci95 or (0, 0)
    read = "differs" if low > 0 or high < 0 else "this may be chance"
    matched = "on the same co-buys" if found.common_cobuys else "over other co-buys, matched by relation"
    return (
        f"{title}: {found.a} less {found.b} is {points(together.value)} points{within}, each relation that both have "
        f"counted alike, {matched}, of {large(together.n)} items; {read}."
    )


def _value(rate: Estimate, form: Callable[[float | None], str]) -> tuple[str, str]:
    behind = interval(rate.ci95, form)
    return (form(rate.value), f"{behind}, n {large(rate.n)}") if rate.value is not None else ("–", rate.reason)


def _words(code: str) -> str:
    return RELATIONS[code].words if code in RELATIONS else code
