"""The benchmark's simulation in small. 95 % of 250 studies: standard error 1.4 points."""

import numpy as np
import pytest

from benchmarks.figures.coverage import DESIGNS, SIZES, bias, by_cobuy, coverage, judge, stratified, truth
from stats.rates import hajek_rate

STUDIES = 250


@pytest.fixture(scope="module")
def wanted() -> dict[str, float]:
    return truth(items=200_000)


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_cover(design, wanted):
    shares = coverage(design, wanted, STUDIES)
    assert {name: share for name, share in shares.items() if not 0.905 < share < 0.99} == {}


def held(draw, chosen, wanted: float) -> float:
    """Coverage of the rate of kept, with the arguments chosen for a design."""
    rng, covers = np.random.default_rng(3), []
    for _ in range(STUDIES):
        drawn = draw(rng)
        low, high = hajek_rate(judge(drawn, rng).kept, **chosen(drawn)).ci95
        covers.append(low <= wanted <= high)
    return np.mean(covers)


def test_without_weights_the_interval_misses(wanted):
    assert held(stratified, lambda drawn: {"inclusion_probabilities": np.ones(200)}, wanted["kept"]) < 0.6


def test_without_strata_the_interval_is_too_wide():
    # Half the run is 90 % plausible, half 10 %: a standard error of √(0.09/200), taken for √(0.25/200) without strata.
    rng, half = np.random.default_rng(3), np.repeat([0, 1], 100)
    covers = {"strata": [], "none": []}
    for _ in range(STUDIES):
        plausible = rng.random(200) < np.where(half, 0.9, 0.1)
        for name, strata in (("strata", half), ("none", None)):
            low, high = hajek_rate(plausible, np.ones(200), strata).ci95
            covers[name].append(low <= 0.5 <= high)
    assert 0.91 < np.mean(covers["strata"]) < 0.98 < np.mean(covers["none"])


def test_without_co_buys_the_interval_is_too_narrow(wanted):
    def as_if_alone(drawn):
        return {"inclusion_probabilities": 1 / drawn.weights, "strata": drawn.stratum}

    def as_drawn(drawn):
        return {**as_if_alone(drawn), "clusters": drawn.cobuy}

    assert held(by_cobuy, as_if_alone, wanted["kept"]) + 0.02 < held(by_cobuy, as_drawn, wanted["kept"])


def test_weights_take_the_bias_out():
    # 100 samples of 1,100: the standard error of the mean is about 0.3 points.
    weighted, plain = bias(samples=100)
    assert abs(weighted) < 0.01
    assert plain > 0.1


def test_the_strata_are_the_whole_run():
    assert SIZES.sum() == pytest.approx(1)
