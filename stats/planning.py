"""What a study will cost and give, before anything is judged: from items to a half-width or power, and back.

Everything goes through the variance of one item: a figure of n items has `item variance · design effect / (n · gain)`.
"""

from dataclasses import dataclass
from math import ceil, comb, exp, inf, lgamma, sqrt
from statistics import NormalDist

import numpy as np

from stats.intervals import Z95

# Assumed until there are judgments: the share that is plausible, and the correlation of two answers on an item.
ASSUMED_SHARE, ASSUMED_ALPHA = 0.6, 0.7
# Assumed of two runs' items on the same co-buy and relation: how their figures correlate.
ASSUMED_PAIRING = 0.3
POWER = 0.8
FORMULA = "± 1.96 √( d · p (1 − p) / n · (1 + (k − 1) α) / k )"
# Nobody reads two products and an intention in less, however fast the first ones clicked.
FASTEST_SECONDS = 5.0
FEWEST_TIMED = 100


def _positive(what: str, value: float) -> None:
    if not 0 < value < inf:
        raise ValueError(f"{what} must be over 0, not {value:g}")


def _share(what: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{what} must lie between 0 and 1, not at {value:g}")


@dataclass(frozen=True, slots=True)
class Design:
    """`effect` is what unequal chances cost (see `design_effect`), `gain` how many items an item counts like by p_yes.

    An earlier study tells the gain: 400 that count like 477 have 1.19.
    """

    effect: float = 1.0
    gain: float = 1.0

    def __post_init__(self) -> None:
        _positive("the design effect", self.effect)
        _positive("the gain by p_yes", self.gain)


PLAIN = Design()


def rate_variance(share: float = ASSUMED_SHARE, alpha: float = ASSUMED_ALPHA, overlap: int = 1) -> float:
    """Of an item's share of k answers that correlate by α: p(1 - p)(1 + (k - 1)α)/k, Kish 1965."""
    _share("the share", share)
    _positive("the overlap", overlap)
    return share * (1 - share) * (1 + (overlap - 1) * alpha) / overlap


def precision_variance(precision: float, kept: float) -> float:
    """Only the kept items tell of it; accuracy is the precision of all, with `kept` 1."""
    _share("precision", precision)
    _share("the kept share", kept)
    return precision * (1 - precision) / kept if kept else inf


def recall_variance(recall: float, plausible: float) -> float:
    """Only the plausible items tell of it."""
    return precision_variance(recall, plausible)


def alpha_variance(share: float = ASSUMED_SHARE, alpha: float = ASSUMED_ALPHA, overlap: int = 3) -> float:
    """Of an item's influence on Krippendorff's nominal α of two categories, if k answers are beta-binomial.

    α = 1 - D/E with D the share of an item's pairs that differ and E = 2p(1 - p): the influence is
    (1 - α)·2(1 - 2p)(y/k - p)/E - (D - E(1 - α))/E, the delta method; for k = 2 that of Bloch and Kraemer 1989.
    """
    _share("the share", share)
    if overlap < 2:
        raise ValueError(f"agreement takes two answers an item, not {overlap}")
    if not 0 < share < 1 or not 0 <= alpha <= 1:
        raise ValueError("alpha can be planned for between 0 and 1, where not all say the same")
    yes, chance = np.arange(overlap + 1), _beta_binomial(overlap, share, alpha)
    differ, expected = 2 * yes * (overlap - yes) / (overlap * (overlap - 1)), 2 * share * (1 - share)
    moved = (1 - alpha) * 2 * (1 - 2 * share) * (yes / overlap - share)
    return float(chance @ ((moved - (differ - expected * (1 - alpha))) / expected) ** 2)


def half_width_of(variance: float, items: float, design: Design = PLAIN) -> float:
    """Half of a 95 % interval."""
    _positive("the number of items", items)
    return Z95 * sqrt(variance * design.effect / (items * design.gain))


def items_for_half_width(variance: float, half_width: float, design: Design = PLAIN) -> int:
    _positive("the wanted half-width", half_width)
    return _whole(Z95**2 * variance * design.effect / (half_width**2 * design.gain))


def difference_variance(one: float, other: float, correlation: float = ASSUMED_PAIRING) -> float:
    """Of a pair of items on the same co-buy and relation, one of each run, with such item variances."""
    if not -1 <= correlation <= 1:
        raise ValueError(f"a correlation lies between -1 and 1, not at {correlation:g}")
    return one + other - 2 * correlation * sqrt(one * other)


def items_for_difference(variance: float, difference: float, *, power: float = POWER, design: Design = PLAIN) -> int:
    """Pairs with which a two-sided test at 5 % finds a difference with this power: (z₀.₉₇₅ + z_power)² V / δ²."""
    _positive("the difference to be found", abs(difference))
    return _whole((Z95 + _quantile(power)) ** 2 * variance * design.effect / (difference**2 * design.gain))


def power_of(variance: float, difference: float, pairs: float, design: Design = PLAIN) -> float:
    """How probably so many pairs find it."""
    _positive("the number of pairs", pairs)
    error = sqrt(variance * design.effect / (pairs * design.gain))
    found = NormalDist()
    if not error:
        return 1.0 if difference else 0.05
    return found.cdf(abs(difference) / error - Z95) + found.cdf(-abs(difference) / error - Z95)


def difference_found(variance: float, pairs: float, *, power: float = POWER, design: Design = PLAIN) -> float:
    """The smallest difference that so many pairs find with this power."""
    _positive("the number of pairs", pairs)
    return (Z95 + _quantile(power)) * sqrt(variance * design.effect / (pairs * design.gain))


def pace(seconds: float, judgments: int, assumed: float, fastest: float = FASTEST_SECONDS) -> tuple[float, bool]:
    """Seconds a judgment, and whether they were observed: assumed until there are a hundred, never under `fastest`."""
    if judgments < FEWEST_TIMED:
        return max(assumed, fastest), False
    return max(seconds / judgments, fastest), True


def half_width(items: float, overlap: int, design_effect: float = 1.0) -> float:
    """Half of a 95 % interval of the share that is plausible, as assumed."""
    return half_width_of(rate_variance(overlap=overlap), items, Design(design_effect))


def design_effect(sizes: dict[str, int], shares: dict[str, int]) -> float:
    """n Σ W_h²/n_h over the strata that are drawn from: what unequal chances cost, none of it won back by
    stratification (Kish 1965, section 11.7)."""
    drawn = [name for name in sizes if shares.get(name)]
    population, n = sum(sizes[name] for name in drawn), sum(shares.values())
    return n * sum((sizes[name] / population) ** 2 / shares[name] for name in drawn)


def _beta_binomial(k: int, share: float, alpha: float) -> np.ndarray:
    """Chances of 0 … k yes, if two answers on an item correlate by alpha."""
    if alpha in (0, 1):
        both = np.array([comb(k, y) * share**y * (1 - share) ** (k - y) for y in range(k + 1)])
        return np.r_[1 - share, np.zeros(k - 1), share] if alpha else both
    a, b = share * (1 / alpha - 1), (1 - share) * (1 / alpha - 1)
    return np.array([comb(k, y) * exp(_log_beta(y + a, k - y + b) - _log_beta(a, b)) for y in range(k + 1)])


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _quantile(power: float) -> float:
    if not 0.05 < power < 1:
        raise ValueError(f"power lies between 0.05 and 1, not at {power:g}")
    return NormalDist().inv_cdf(power)


def _whole(items: float) -> int:
    """At least one; so many that rounding takes none away."""
    if items == inf:
        raise ValueError("no number of items is enough: nothing that tells of the figure is expected")
    return max(1, ceil(items - 1e-9))
