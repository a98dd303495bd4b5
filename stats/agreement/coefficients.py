"""Agreement among any number of annotators per item, from tallies.

`counts[i, k]` is how many annotators put an item into category k, `weights[i]` how many items have that row of counts
(1 unless given), so tallies grouped in SQL need no expansion. The columns are the categories of the scale, in order;
a category nobody used counts for AC1 and AC2, whose chance agreement depends on the number of categories.

`sample`, where given, says more of the rows than `weights` and replaces them: inclusion weights, strata, co-buys. The
coefficient is then that of the whole run, with a linearised variance. Assumed throughout: items are the sampling units
(or co-buys, if given), and the annotators are those of the study, not a sample of all annotators.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.sample import Sample, sample_of
from stats.scales import identity, linear, midranks, ordinal, quadratic

Floats = NDArray[np.float64]
Leaves = dict[str, Any]

NO_JUDGMENTS = "no judgments yet"
NO_PAIRS = "no item has two judgments"
ONE_CATEGORY = "all judgments fall into one category"
ONE_ITEM = "one item only has two judgments"
NO_ORDER = "the categories have no order"
AC2_SCALES = {"linear": linear, "quadratic": quadratic, "ordinal": ordinal}


def percent_agreement(
    counts: ArrayLike, weights: ArrayLike | None = None, *, sample: Sample | None = None
) -> dict[str, Estimate]:
    """Share of agreeing pairs, every item (Fleiss 1971), every pair or every judgment (Krippendorff 2011) alike."""
    counts, sample = _pairable(*judged_rows(counts, weights, sample))
    raters = counts.sum(axis=1)
    pairs = raters * (raters - 1)
    agreeing = _agreeing_pairs(counts, np.eye(counts.shape[1])) / pairs
    sizes = {"item_mean": np.ones_like(raters), "pooled": pairs, "weighted": raters}
    return {name: _ratio(agreeing, size, sample, NO_PAIRS) for name, size in sizes.items()}


def prevalence(counts: ArrayLike, weights: ArrayLike | None = None, *, sample: Sample | None = None) -> list[Estimate]:
    """Share of each category among all judgments, in the order of the columns: a ratio estimate over items."""
    counts, sample = judged_rows(counts, weights, sample)
    raters = counts.sum(axis=1)
    return [_ratio(column / raters, raters, sample, NO_JUDGMENTS) for column in counts.T]


def fleiss_kappa(counts: ArrayLike, weights: ArrayLike | None = None, *, sample: Sample | None = None) -> Estimate:
    """Fleiss 1971; for unequal numbers of raters Gwet 2014, chapter 2."""
    judged = judged_rows(counts, weights, sample)
    return _chance_corrected(*judged, identity, lambda agreement, shares: agreement @ shares)


def gwet_ac1(counts: ArrayLike, weights: ArrayLike | None = None, *, sample: Sample | None = None) -> Estimate:
    """Gwet 2008, with unequal numbers of raters as in Gwet 2014, chapter 2."""
    return _chance_corrected(*judged_rows(counts, weights, sample), identity, _random_rating)


def gwet_ac2(
    counts: ArrayLike,
    weights: ArrayLike | None = None,
    values: Sequence[float] | None = None,
    scale: Literal["linear", "quadratic", "ordinal"] = "quadratic",
    *,
    sample: Sample | None = None,
) -> Estimate:
    """AC1 with partial agreement, Gwet 2014, chapter 3; categories without `values` are equally spaced."""
    return _chance_corrected(*judged_rows(counts, weights, sample), AC2_SCALES[scale], _random_rating, values)


def krippendorff_alpha(
    counts: ArrayLike,
    weights: ArrayLike | None = None,
    level: Literal["nominal", "ordinal", "interval"] = "nominal",
    values: Sequence[float] | None = None,
    *,
    sample: Sample | None = None,
) -> Estimate:
    """α = 1 - (1 - ε)(1 - p_a)/(1 - p_e) with ε = 1/Σn_i: Krippendorff 2011, in agreements as in Gwet 2011.

    The ordinal metric moves with the items; its interval adds that to Gwet's, which takes the metric as given.
    """
    counts, sample = _pairable(*judged_rows(counts, weights, sample))
    if reason := undefined_because(counts, sample):
        return undefined(reason, sample.size())
    weights = sample.shares()
    totals, numbers = weights @ counts, category_numbers(values, counts.shape[1])
    scale = {"nominal": identity(numbers), "ordinal": quadratic(midranks(totals)), "interval": quadratic(numbers)}
    agreement = scale[level]
    n, raters = weights.sum(), counts.sum(axis=1)
    mean_raters = totals.sum() / n
    surplus = raters / mean_raters - 1

    p_i = _agreeing_pairs(counts, agreement) / (mean_raters * (raters - 1))
    p_a = weights @ p_i / n
    chance_i = counts / mean_raters @ agreement @ (totals / totals.sum())
    p_e = weights @ chance_i / n
    uncorrected = (p_a - p_e) / (1 - p_e)
    alpha = 1 - (1 - 1 / totals.sum()) * (1 - uncorrected)

    influence = (p_i - p_a - p_a * surplus - 2 * (1 - uncorrected) * (chance_i - p_e - p_e * surplus)) / (1 - p_e)
    if level == "ordinal":
        influence += _midrank_influence(counts, weights, alpha)
    return Estimate(float(alpha), sample.interval(alpha, influence, -1, 1), sample.size())


def agreement_report(
    counts: ArrayLike,
    weights: ArrayLike | None = None,
    values: Sequence[float] | None = None,
    *,
    sample: Sample | None = None,
) -> Leaves:
    """Every coefficient as a JSON leaf; without `values` those that need an order are undefined and say so."""
    counts, sample = judged_rows(counts, weights, sample)
    pairable = _pairable(counts, sample)[1].size()

    def leaf(coefficient: Callable[..., Estimate], **kind: str) -> Leaves:
        if values is None:
            return undefined(NO_ORDER, pairable).as_dict()
        return coefficient(counts, values=values, sample=sample, **kind).as_dict()

    return {
        "items": sample.size(),
        "labels": round(float(sample.items @ counts.sum(axis=1))),
        "pairable_items": pairable,
        "percent_agreement": {
            name: share.as_dict() for name, share in percent_agreement(counts, sample=sample).items()
        },
        "fleiss_kappa": fleiss_kappa(counts, sample=sample).as_dict(),
        "krippendorff_alpha": {
            "nominal": krippendorff_alpha(counts, sample=sample).as_dict(),
            "ordinal": leaf(krippendorff_alpha, level="ordinal"),
            "interval": leaf(krippendorff_alpha, level="interval"),
        },
        "gwet_ac1": gwet_ac1(counts, sample=sample).as_dict(),
        "gwet_ac2": {scale: leaf(gwet_ac2, scale=scale) for scale in AC2_SCALES},
        "prevalence": [share.as_dict() for share in prevalence(counts, sample=sample)],
    }


def _chance_corrected(
    counts: Floats,
    sample: Sample,
    scale: Callable[[Floats], Floats],
    chance: Callable[[Floats, Floats], Floats],
    values: Sequence[float] | None = None,
) -> Estimate:
    """(p_a - p_e)/(1 - p_e) and its variance: Gwet 2014, chapters 2 and 5.

    Items with one judgment tell nothing of p_a but belong to the category shares behind p_e.
    """
    pairable = counts.sum(axis=1) >= 2
    if reason := undefined_because(counts, sample):
        return undefined(reason, sample.size(pairable))
    weights = sample.shares()
    raters = counts.sum(axis=1)
    agreement = scale(category_numbers(values, counts.shape[1]))
    n, n_pairable = weights.sum(), weights[pairable].sum()

    p_i = _agreeing_pairs(counts, agreement) / np.maximum(raters * (raters - 1), 1)
    p_a = weights @ p_i / n_pairable
    shares_i = counts / raters[:, np.newaxis]
    chance_i = shares_i @ chance(agreement, weights @ shares_i / n)
    p_e = weights @ chance_i / n
    value = (p_a - p_e) / (1 - p_e)

    observed_i = n / n_pairable * (p_i - p_e * pairable)
    influence = (observed_i - 2 * (1 - value) * (chance_i - p_e)) / (1 - p_e) - value
    return Estimate(float(value), sample.interval(value, influence, -1, 1), sample.size(pairable))


def _random_rating(agreement: Floats, shares: Floats) -> Floats:
    """Gwet 2008: chance agreement is that of ratings given at random, Σ w_kl/(q(q-1)) · π_k(1 - π_k)."""
    q = len(shares)
    by_chance: Floats = agreement.sum() / (q * (q - 1)) * (1 - shares)
    return by_chance


def _agreeing_pairs(counts: Floats, agreement: Floats) -> Floats:
    """Σ_k n_k(n*_k - 1) with n*_k = Σ_l w_kl n_l: ordered pairs of judgments on an item, partial agreement included."""
    pairs: Floats = (counts * (counts @ agreement - 1)).sum(axis=1)
    return pairs


def _midrank_influence(counts: Floats, weights: Floats, alpha: float) -> Floats:
    """How an item moves ordinal α through the midranks m: the delta method on α = 1 - Σo(m_k-m_l)²/Σe(m_k-m_l)²."""
    totals, n = weights @ counts, weights.sum()
    per_rater = weights / (counts.sum(axis=1) - 1)
    observed = (counts.T * per_rater) @ counts - np.diag(per_rater @ counts)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    difference = np.subtract.outer(midranks(totals), midranks(totals))
    gradient = -4 * ((observed - (1 - alpha) * expected) * difference).sum(axis=1) / (expected * difference**2).sum()
    influence: Floats = n * midranks(counts) @ gradient
    return influence


def _ratio(share: Floats, size: Floats, sample: Sample, reason: str) -> Estimate:
    """Σ size·share / Σ size over items, a ratio estimate: Cochran 1977, section 2.11."""
    if not sample.size():
        return undefined(reason)
    weights = sample.shares()
    value = float(weights @ (size * share) / (weights @ size))
    influence = size * (share - value) / (weights @ size / weights.sum())
    return Estimate(value, sample.interval(value, influence, 0, 1), sample.size())


def judged_rows(counts: ArrayLike, weights: ArrayLike | None, sample: Sample | None) -> tuple[Floats, Sample]:
    counts = np.asarray(counts, dtype=float)
    sample = sample or sample_of(len(counts), items=weights)
    judged = (counts.sum(axis=1) > 0) & (sample.items > 0)
    return counts[judged], sample.where(judged)


def _pairable(counts: Floats, sample: Sample) -> tuple[Floats, Sample]:
    pairable = counts.sum(axis=1) >= 2
    return counts[pairable], sample.where(pairable)


def undefined_because(counts: Floats, sample: Sample) -> str:
    pairable = _pairable(counts, sample)[1].size()
    if not pairable:
        return NO_PAIRS
    if np.count_nonzero(sample.items @ counts) == 1:
        return ONE_CATEGORY
    return ONE_ITEM if pairable == 1 else ""


def category_numbers(values: Sequence[float] | None, categories: int) -> Floats:
    numbers = np.arange(categories, dtype=float) if values is None else np.asarray(values, dtype=float)
    if len(numbers) != categories or np.any(np.diff(numbers) <= 0):
        raise ValueError(f"values must be {categories} rising numbers, one for each category, not {list(numbers)}")
    return numbers
