"""Does a revealed verdict pull ratings? How often those that differ from it are revised, and those that agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate
from stats.odds import OddsRatio, mantel_haenszel
from stats.sample import Sample, numbers, sample_of

Bools = NDArray[np.bool_]

NO_REVEALS = "no verdict has been revealed yet"
NONE_DIFFERED, NONE_AGREED = "no rating differed from its verdict", "no rating agreed with its verdict"
NO_CONTROLS = "no judgments were held back from the reveal"


@dataclass(frozen=True, slots=True)
class Rates:
    """Share of the ratings that were revised, of those that differed from the verdict and those that agreed."""

    differed: Estimate
    agreed: Estimate


@dataclass(frozen=True, slots=True)
class Revisions:
    """`pull` is odds of revising what differs over odds of revising what agrees, within annotators; 1 is no pull.

    `towards` and `away` count judgments: by how the question is built they are no test. Where some judgments were not
    revealed, `control` has their rates, and `against_control` the odds of revising what differs over theirs.
    """

    revealed: Rates
    pull: OddsRatio
    towards: int
    away: int
    control: Rates
    against_control: OddsRatio

    def as_dict(self) -> dict[str, object]:
        sides = {
            side: {"differed": rates.differed.as_dict(), "agreed": rates.agreed.as_dict()}
            for side, rates in (("revealed", self.revealed), ("control", self.control))
        }
        ratios = {"pull": self.pull.as_dict(), "against_control": self.against_control.as_dict()}
        return {**sides, **ratios, "towards": self.towards, "away": self.away}


def revisions(
    before: ArrayLike,
    after: ArrayLike,
    verdict: ArrayLike,
    annotators: ArrayLike,
    *,
    yes_from: float,
    revealed: ArrayLike | None = None,
    judgments: ArrayLike | None = None,
) -> Revisions:
    """Arguments (rows,), of `judgments[r]` judgments each: all that count, and not only the revised ones.

    A rating says yes from `yes_from` on; it is revised where after is not before. `revealed` is False where the verdict
    was held back (by lot, or the control tells nothing). Without anchoring, ratings that differ are revised as often as
    those that agree. Rates take annotators as sampling units; `pull` is Mantel and Haenszel's over them.
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    verdict, who = np.asarray(verdict, dtype=bool), np.asarray(annotators)
    shown = np.ones(len(before), dtype=bool) if revealed is None else np.asarray(revealed, dtype=bool)
    times = numbers(judgments, len(before))
    sample = sample_of(len(before), items=times, clusters=who)
    differed, revised = (before >= yes_from) != verdict, after != before
    direction = np.sign(after - before) * np.where(verdict, 1, -1) * shown
    return Revisions(
        revealed=_rates(differed, revised, shown, sample, NO_REVEALS),
        pull=mantel_haenszel(differed[shown], revised[shown], who[shown], counts=times[shown]),
        towards=round(float(times[direction > 0].sum())),
        away=round(float(times[direction < 0].sum())),
        control=_rates(differed, revised, ~shown, sample, NO_CONTROLS),
        against_control=mantel_haenszel(shown[differed], revised[differed], who[differed], counts=times[differed]),
    )


def _rates(differed: Bools, revised: Bools, among: Bools, sample: Sample, nothing: str) -> Rates:
    some = bool(among.any())
    return Rates(
        sample.ratio(revised & differed & among, differed & among, NONE_DIFFERED if some else nothing),
        sample.ratio(revised & ~differed & among, ~differed & among, NONE_AGREED if some else nothing),
    )
