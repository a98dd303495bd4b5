"""Agreement on a question, from rows alike, with intervals that hold where nearly all say the same."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.figures.patterns import Patterns
from annotation.scales import Question
from stats.agreement.coefficients import agreement_report
from stats.agreement.names import COEFFICIENTS
from stats.agreement.skewed import DRAWS, skewed_agreement
from stats.packing import unpack

SEED = 1  # the same resamples each time, so that a page and its check have the same intervals
MOST_DRAWN = 4_000_000  # rows of all resamples together
# So many items with a judgment beside the commonest answer: no skew is left that the report's own intervals miss.
MANY_RARE = 2_000


def agreement(rows: Patterns, question: Question) -> dict[str, Any]:
    """`agreement_report` with the intervals of `skewed_agreement` and, where none tells, its warning.

    A page of a million judgments does not wait for resamples that say the same.
    """
    packed, alike = np.unique(rows.packed[question.name], return_inverse=True)
    counts, items = unpack(packed, len(question.options)), np.bincount(alike, rows.items).astype(float)
    report = agreement_report(counts, items, values=question.ascending)
    if _rare(counts, items) >= MANY_RARE:
        return report
    draws = max(100, min(DRAWS, MOST_DRAWN // max(1, len(counts))))
    rng = np.random.default_rng(SEED)
    resampled = skewed_agreement(counts, items, values=question.ascending, draws=draws, rng=rng)
    for each in COEFFICIENTS:
        if figure := resampled.coefficients.get(" ".join(each.path)):
            each.of(report)["ci95"] = list(figure.ci95) if figure.ci95 else None
    return report | {"warning": resampled.warning} if resampled.warning else report


def _rare(counts: NDArray[np.int64], items: NDArray) -> float:
    commonest = int((items @ counts).argmax()) if len(counts) else 0
    several = counts.sum(axis=1) > 1
    return float(items @ (several & (counts.sum(axis=1) > counts[:, commonest])))
