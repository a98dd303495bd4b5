"""Time and category from an exported CSV: answers counted judgment by judgment, what is known of items read in it."""

from functools import partial

import numpy as np

from annotation.exchange.files.columns import NOT_SAID
from annotation.figures.periods.by_relation import ByRelation, relations_from
from annotation.figures.periods.numbers import Period, Periods, periods_from
from annotation.figures.periods.rows import Dated, dated_of, item_columns
from annotation.recheck.answering import KEPT
from annotation.recheck.rows import Exported
from distillation.models import Run
from stats.packing import unit

OF_CSV = {
    "year": "bought_year", "month": "bought_month", "category": "category", "relation": "relation",
    "stratum": "stratum", "inclusion": "inclusion_probability",
}  # fmt: skip


def periods_anew(rows: Exported, by: Period) -> Periods:
    return periods_from(rows.asked.study, rows.once("dated", partial(_dated, rows)), by)


def relations_anew(rows: Exported, a: Run, b: Run, measure: str) -> ByRelation:
    return relations_from(rows.once("dated", partial(_dated, rows)), a, b, measure)


def knows_when(rows: Exported) -> bool:
    return not (rows.csv.rows["bought_year"] == NOT_SAID).any()


def _dated(rows: Exported) -> Dated:
    """Of items that nobody has judged, and of which co-buy an item is, as the database has it."""
    study, items, counts = rows.asked.study, rows.items, rows.counts()
    of = item_columns(study)
    place = np.searchsorted(of["id"].astype(np.int64), items["id"])
    names = dict(study.runs.values_list("name", "pk"))
    for name, column in OF_CSV.items():
        of[name][place] = items[column]
    of["run"][place] = [names[name] for name in items["run"]]
    of["filtered"][place], of["complete"][place] = items["verdict"] != "", rows.complete()
    of["kept"][place] = [bool(KEPT[each]) for each in items["filter"]]
    for question in study.questions:
        of[question.name][:] = 0
        of[question.name][place] = counts[question.name] @ [unit(n) for n in range(len(question.options))]
    return dated_of(study, of)
