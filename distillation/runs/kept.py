"""The share of intentions that are kept; of a large run from a sample of co-buys."""

import math
from dataclasses import dataclass

from django.db import connection

from common.cached import cached
from common.kept import kept_sql
from distillation.models import Run

KEPT_SAMPLE = 5_000  # at least so many intentions, less than twice as many and a bit
SAMPLED_FOR_S, ENDED_FOR_S = 20, 3600  # a sample is not drawn anew for every look at the page


@dataclass(frozen=True, slots=True)
class Kept:
    """`half_width` of the 95 % interval is None where every verdict was counted."""

    kept: int
    verdicts: int
    without_p: int
    half_width: float | None

    @property
    def share(self) -> float | None:
        return self.kept / self.verdicts if self.verdicts else None


def run_kept(run: Run, strictness: float, *, verdicts: int) -> Kept:
    """Of a run with about so many verdicts; without a filter, of so many intentions, which are all kept."""
    one_in = _one_in(verdicts, KEPT_SAMPLE)
    if not run.is_filtered:
        return Kept(verdicts, verdicts, 0, None)
    if one_in == 1:
        return _kept(run, strictness, 1)
    going_on = run.state == Run.State.RUNNING
    key = f"kept-{run.pk}-{strictness}-{one_in}-{'' if going_on else verdicts}"
    return cached(key, lambda: _kept(run, strictness, one_in), SAMPLED_FOR_S if going_on else ENDED_FOR_S)


def _one_in(n: int, least: int) -> int:
    """A power of two: the sample of a run that grows loses half of its co-buys now and then, and gets no others."""
    return 2 ** max(0, math.floor(math.log2(max(n, 1) / least)))


# The same co-buys each time, whatever the strictness: their ids' hash decides.
SAMPLE = """
    FROM distillation_runcobuy c
    JOIN distillation_intention i ON i.run_id = c.run_id AND i.cobuy_id = c.cobuy_id
    {join} WHERE c.run_id = %(run)s AND (hashint8(c.cobuy_id) & (%(one_in)s - 1)) = 0
"""


def _kept(run: Run, strictness: float, one_in: int) -> Kept:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FILTER (WHERE {kept_sql("v.p_yes", "%(strictness)s", "v.yes")}), count(*),
                   count(*) FILTER (WHERE v.p_yes IS NULL)
            {SAMPLE.format(join="JOIN distillation_verdict v ON v.intention_id = i.id")} GROUP BY c.cobuy_id
            """,
            {"run": run.pk, "one_in": one_in, "strictness": strictness},
        )
        cobuys = cursor.fetchall()
    kept, verdicts, without_p = (sum(column) for column in zip(*cobuys, strict=True)) if cobuys else (0, 0, 0)
    half_width = _half_width([row[:2] for row in cobuys]) if one_in > 1 else None
    return Kept(kept, verdicts, without_p, half_width)


def _half_width(clusters: list[tuple[int, int]]) -> float | None:
    """1.96 standard errors of a ratio from a sample of clusters, here co-buys (the ratio estimate, Cochran 1977)."""
    n, total = len(clusters), sum(verdicts for _, verdicts in clusters)
    if n < 2 or not total:
        return None
    share = sum(kept for kept, _ in clusters) / total
    squares = sum((kept - share * verdicts) ** 2 for kept, verdicts in clusters)
    return 1.96 * math.sqrt(n / (n - 1) * squares) / total
