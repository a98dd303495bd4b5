"""What the panels are computed from: few rows that stand for many items, read once for each revision."""

from dataclasses import dataclass, replace
from datetime import UTC, date
from math import ceil, log2

import numpy as np
from django.db import connection
from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.functions import TruncDate
from numpy.typing import NDArray

from annotation.figures.panels.panel import Asked
from annotation.figures.patterns import By, Patterns, Progress, patterns, rows_alike, unit_of
from annotation.models import Judgment
from annotation.scales import Question
from stats.packing import BITS, unit

MOST_ROWS = 100_000  # judgments that a panel reads one by one; of more, those of every second item, or fourth ...
FINE, COARSE = 1000, 100  # steps of p(yes) from 0 to 1
MOST_FINE = 50_000  # items; of more the fine steps would be too many rows


@dataclass(frozen=True, slots=True)
class Decided:
    """Items with a verdict and a majority, by steps of p(yes); row r stands for `items[r]` items.

    `p_yes` is where its step begins: at the steps, and at the runs' strictness, nothing is lost.
    """

    steps: int
    p_yes: NDArray[np.float64]
    plausible: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    inclusion: NDArray[np.float64]
    items: NDArray[np.float64]

    def arguments(self) -> dict:
        """As the functions of `stats` take them."""
        weights = 1 / self.inclusion
        return {
            "p_yes": self.p_yes,
            "plausible": self.plausible,
            "weights": weights,
            "strata": self.stratum,
            "items": self.items,
        }


def judged(asked: Asked, by: By = "relation") -> tuple[Patterns, Progress]:
    return asked.once(f"rows by {by}", lambda: patterns(asked.study, asked.selection, by))


def decided(asked: Asked) -> Decided:
    return asked.once("rows by p(yes)", lambda: _decided(asked))


def _decided(asked: Asked) -> Decided:
    question = asked.study.questions[0]
    steps = FINE if asked.study.n_items <= MOST_FINE else COARSE
    strictness = asked.study.runs.values_list("strictness", flat=True)
    cuts = sorted({k / steps for k in range(steps + 1)} | {round(each, 3) for each in strictness})
    columns = rows_alike(
        asked.study,
        asked.selection,
        p_yes=f"width_bucket(coalesce(t.p_yes, t.filter_yes::int), ARRAY{cuts}::float8[])",
        lead=_lead(question),
        inclusion="t.inclusion_probability",
        # There are many rows: as bytes they are sorted several times faster than as words.
        stratum='t.stratum COLLATE "C"',
    )
    of_use = (columns["p_yes"] != None) & (columns["lead"] != 0)  # noqa: E711 - by element
    kept = {name: column[of_use] for name, column in columns.items()}
    return Decided(
        steps=steps,
        p_yes=np.array(cuts)[kept["p_yes"].astype(int) - 1],
        plausible=kept["lead"].astype(int) > 0,
        stratum=np.unique(kept["stratum"].astype(str), return_inverse=True)[1],
        inclusion=kept["inclusion"].astype(float),
        items=kept["items"].astype(float),
    )


def _lead(question: Question) -> str:
    """SQL for who has more votes: 1 the plausible, -1 the others, 0 nobody."""
    signs = (
        f"{'+' if value >= question.positive_from else '-'} "
        f"(t.plausibility_tally::bigint >> {BITS * place} & {unit(1) - 1})"
        for place, value in enumerate(question.ascending)
    )
    return f"sign({' '.join(signs)})::int"


@dataclass(frozen=True, slots=True)
class Day:
    """Judgments of a day that brought an item's counts to `tally`, each by `unit`."""

    day: date
    tally: int
    unit: int
    n: int


def days(asked: Asked) -> list[Day]:
    return asked.once("rows by day", lambda: _days(asked))


# The columns of the statistics judgment_days: with anything else to group by, the planner sorts all judgments.
_BY_DAY = "SELECT day, plausibility, {tally} AS tally, count(*) FROM ({judgments}) j GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
_GROWN = """
    SELECT day, plausibility, sum(unit) OVER (PARTITION BY item_id ORDER BY created_at, id)::bigint AS grown
    FROM ({judgments}) j
"""


def _days(asked: Asked) -> list[Day]:
    """A judgment knows its item's tally as it was with it; where only some judgments are chosen, it is summed here."""
    question, chosen = asked.study.questions[0], asked.selection.chooses_judgments
    judgments = asked.selection.judgments(asked.study).order_by().annotate(day=TruncDate("created_at", tzinfo=UTC))
    if chosen:
        judgments = judgments.annotate(unit=unit_of(question)).values(
            "day", "plausibility", "unit", "item_id", "created_at", "id"
        )
    else:
        judgments = judgments.values("day", "plausibility", "tally")
    inner, values = judgments.query.sql_with_params()
    source = _GROWN.format(judgments=inner) if chosen else inner
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY.format(tally="grown" if chosen else "tally", judgments=source), values)
        return [Day(day, tally, question.unit(answer), n) for day, answer, tally, n in cursor.fetchall()]


def one_in(asked: Asked) -> int:
    """Of how many items one is enough for what has to be read judgment by judgment."""
    judged = sum(asked.study.participants.values_list("n_judged", flat=True))
    return 2 ** max(0, ceil(log2(max(judged, 1) / MOST_ROWS)))


def some_judgments(asked: Asked, part: int, *, with_excluded: bool = False) -> QuerySet[Judgment]:
    """The chosen judgments of one in `part` items: the same items each time, as their ids' hash decides."""
    selection = replace(asked.selection, with_excluded=with_excluded or asked.selection.with_excluded)
    judgments = selection.judgments(asked.study).order_by()
    if part == 1:
        return judgments
    place = Func(F("item_id"), function="hashint8", output_field=IntegerField()).bitand(part - 1)
    return judgments.alias(place=place).filter(place=0)


def sampled_words(part: int) -> str:
    return f" From the judgments of 1 in {part} items, as there are so many." if part > 1 else ""
