"""What a study will cost and give, before anything is judged."""

from math import sqrt

from stats.intervals import Z95

# Assumed until there are judgments: the share that is plausible, and the correlation of two answers on an item.
ASSUMED_SHARE, ASSUMED_ALPHA = 0.6, 0.7
FORMULA = "± 1.96 √( d · p (1 − p) / n · (1 + (k − 1) α) / k )"


def half_width(items: float, overlap: int, design_effect: float = 1.0) -> float:
    """Half of a 95 % interval: the variance of a mean of n clusters of k answers that correlate by α (Kish 1965)."""
    p, alpha = ASSUMED_SHARE, ASSUMED_ALPHA
    return Z95 * sqrt(design_effect * p * (1 - p) / items * (1 + (overlap - 1) * alpha) / overlap)


def design_effect(sizes: dict[str, int], shares: dict[str, int]) -> float:
    """n Σ W_h²/n_h over the strata that are drawn from: what unequal chances cost, none of it won back by
    stratification (Kish 1965, section 11.7)."""
    drawn = [name for name in sizes if shares.get(name)]
    population, n = sum(sizes[name] for name in drawn), sum(shares.values())
    return n * sum((sizes[name] / population) ** 2 / shares[name] for name in drawn)
