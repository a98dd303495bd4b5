"""The filter's quality as it is shown: on complete items, tightened by p(yes) where that helps."""

from dataclasses import replace
from typing import Any

from annotation.figures.assisting import QUALITIES, helped_quality
from annotation.figures.filtering import OfComplete, filter_against_majority
from annotation.figures.patterns import Patterns
from annotation.figures.rows.totals import Totals
from stats.filter.complete import AgainstMajority
from stats.survey.assisted import Assisted


def filter_against_people(
    rows: Patterns, of: OfComplete, totals: Totals
) -> tuple[AgainstMajority, dict[str, Assisted]]:
    """Its figures, and what p(yes) gave for those that it can help; `of` are the complete of the rows."""
    alone = filter_against_majority(rows, of)
    unhelped = {name: getattr(alone.quality, name) for name in QUALITIES}
    helped = helped_quality(of, totals, unhelped)
    figures: dict[str, Any] = {name: each.figure for name, each in helped.items()}
    return replace(alone, quality=replace(alone.quality, **figures)), helped
