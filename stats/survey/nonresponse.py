"""Items that stay unjudged: who is left speaks for them, within strata and where p_yes is alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate
from stats.sample import numbers

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# A class of fewer judged items would give each of them a large weight by chance.
FEWEST_JUDGED, PARTS = 5, 3
# Over this share of the run, or of a stratum, a page warns.
OF_RUN, OF_STRATUM = 0.05, 0.2


@dataclass(frozen=True, slots=True)
class Response:
    """`weights` (rows,) let the judged speak for all that were drawn; those of rows unjudged are 0.

    `unjudged` is the weighted share of the run that unjudged items stand for, `by_stratum` the same of each stratum.
    Strata `unheard` have no judged item: figures leave them out.
    """

    weights: Floats
    unjudged: float
    by_stratum: dict[str, float]
    unheard: list[str]

    @property
    def warning(self) -> str:
        """Empty where it doesn't matter."""
        if self.unheard:
            return f"nothing is judged of {', '.join(self.unheard)}: figures leave {_them(self.unheard)} out"
        name, most = max(self.by_stratum.items(), key=lambda each: each[1], default=("", 0.0))
        if self.unjudged <= OF_RUN and most <= OF_STRATUM:
            return ""
        within = f", most in {name} ({most:.0%})" if len(self.by_stratum) > 1 else ""
        return (
            f"items that stand for {self.unjudged:.0%} of the run stay unjudged{within}: the others speak for them, "
            "as if they were left by chance among items with the same stratum and a similar p_yes"
        )

    def as_dict(self) -> dict[str, object]:
        leaf = {"unjudged": self.unjudged, "by_stratum": self.by_stratum, "unheard": self.unheard}
        return leaf | {"warning": self.warning} if self.warning else leaf


def reweighted(
    judged: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    p_yes: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
) -> Response:
    """Weighting classes (Little 1986; Särndal and Lundström 2005, section 7.4), from all items that were drawn.

    Arguments (rows,): whether judged, 1/inclusion probability, stratum, p_yes; row r stands for `items[r]` items alike.
    Classes are strata, each parted into thirds of p_yes where every third has FEWEST_JUDGED judged items. Assumed: in a
    class the judged are a random part. Pass the judged rows with their new weights to `assisted_rate` and the like,
    whose regression then takes care of what p_yes differs within the classes.
    """
    judged = np.asarray(judged, dtype=bool)
    weight, items = numbers(weights, len(judged)), numbers(items, len(judged))
    names, stratum = np.unique(np.zeros(len(judged), str) if strata is None else strata, return_inverse=True)
    p = np.full(len(judged), np.nan) if p_yes is None else np.asarray(p_yes, dtype=float)
    code = _classes(judged, weight * items, stratum, p, items)
    drawn, heard = np.bincount(code, items * weight), np.bincount(code, items * weight * judged)
    speaks = np.where(heard > 0, drawn / np.where(heard > 0, heard, 1), 0)
    missing, all_of = np.bincount(stratum, items * weight * ~judged), np.bincount(stratum, items * weight)
    return Response(
        weights=weight * speaks[code] * judged if len(judged) else weight,
        unjudged=float(missing.sum() / all_of.sum()) if len(judged) else 0.0,
        by_stratum={str(name): float(share) for name, share in zip(names, missing / all_of, strict=True)},
        unheard=[str(name) for name in names[np.bincount(stratum, items * judged, len(names)) == 0]],
    )


def bounds(figure: Estimate, unjudged: float) -> tuple[float, float] | None:
    """A share if all that stays unjudged were no, and if all were yes: Manski 1989. No chance can go beyond it."""
    if figure.value is None:
        return None
    heard = figure.value * (1 - unjudged)
    return heard, heard + unjudged


def _classes(judged: NDArray[np.bool_], weight: Floats, stratum: Codes, p_yes: Floats, items: Floats) -> Codes:
    """A code for each row's stratum and part of p_yes."""
    part = np.zeros(len(judged), dtype=np.int64)
    for h in range(int(stratum.max(initial=-1)) + 1):
        rows = np.flatnonzero(stratum == h)
        parts = _parts(p_yes[rows], weight[rows])
        if (np.bincount(parts, (items * judged)[rows], PARTS) >= FEWEST_JUDGED).all():
            part[rows] = parts
    return stratum * PARTS + part


def _parts(p_yes: Floats, weight: Floats) -> Codes:
    """Which third of the drawn, by weight, an item's p_yes lies in; all in the first where p_yes is not known."""
    if np.isnan(p_yes).any():
        return np.zeros(len(p_yes), dtype=np.int64)
    values, code = np.unique(p_yes, return_inverse=True)
    among = np.bincount(code, weight, len(values))
    middle = (np.cumsum(among) - among / 2) / among.sum()
    parts: Codes = np.minimum((middle * PARTS).astype(np.int64), PARTS - 1)[code]
    return parts


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
