import numpy as np
import pytest

from stats.estimate import undefined
from stats.groups import chi2_tail, effective_size, marks, side_by_side
from stats.rates import hajek_rate, wilson

COUNTS = ((30, 40), (35, 50), (70, 100), (8, 20), (48, 60), (19, 30))
SIX = [wilson(yes, n) for yes, n in COUNTS]


def test_effective_size_is_found_from_the_interval():
    sizes = [effective_size(wilson(yes, n)) for yes, n in ((0, 7), (3, 7), (50, 100), (99, 100), (20, 20))]
    assert sizes == pytest.approx([7, 7, 100, 100, 20])


def test_effective_size_of_clustered_items():
    # Ten co-buys of five items alike tell as much as about ten items.
    rate = hajek_rate(np.repeat([1, 0, 1, 1, 0, 1, 0, 1, 1, 1], 5), np.ones(50), clusters=np.repeat(np.arange(10), 5))
    assert effective_size(rate) < 10


@pytest.mark.parametrize(
    ("x", "df", "tail"),
    [
        (3.841458821, 1, 0.05),
        (5.991464547, 2, 0.05),
        (30.14352721, 19, 0.05),
        (18.30703805, 10, 0.05),
        (1.0, 5, 0.96257),
    ],
)
def test_tail_of_chi_square(x, df, tail):
    # Quantiles: Abramowitz and Stegun 1964, table 26.8; the last: table 26.7.
    assert chi2_tail(x, df) == pytest.approx(tail, abs=1e-5)


def test_heterogeneity_is_pearsons_chi_square():
    # 210 of 300 are yes: Σ (yes - 0.7 n)²/(n·0.21).
    expected = sum(
        (yes - 0.7 * n) ** 2 / (0.21 * n) for yes, n in ((30, 40), (35, 50), (70, 100), (8, 20), (48, 60), (19, 30))
    )
    found = side_by_side(SIX)
    assert found.overall.value == pytest.approx(0.7)
    assert found.heterogeneity.q == pytest.approx(expected)
    assert (found.heterogeneity.df, found.heterogeneity.i2) == (5, pytest.approx(1 - 5 / expected))


def test_pooling_draws_small_groups_more():
    found = side_by_side(SIX)
    kept = [
        (pooled.value - 0.7) / (raw.value - 0.7)
        for raw, pooled in zip(SIX, found.pooled, strict=True)
        if abs(raw.value - 0.7) > 0.01
    ]
    # Of 40, 20, 60, 30 items: the more items, the more of its own is kept.
    assert kept[1] < kept[3] < kept[0] < kept[2] < 1


def test_pooling_by_hand():
    # P = 0.5, V = 0.25/100, Q = 4·0.2²/V = 64 as p - P is ±0.2 four times;
    # τ² = (64 - 4)·0.25/(500 - 100), B = 2/4·V/(V + τ²).
    found = side_by_side([wilson(yes, 100) for yes in (30, 70, 30, 70, 50)])
    between = 60 * 0.25 / 400
    b = 0.5 * 0.0025 / (0.0025 + between)
    assert [each.value for each in found.pooled] == pytest.approx(
        [0.5 + (1 - b) * d for d in (-0.2, 0.2, -0.2, 0.2, 0)]
    )


def test_groups_alike_are_known_better_together():
    found = side_by_side([wilson(50, 100)] * 10)
    assert found.heterogeneity.q == pytest.approx(0, abs=1e-12)
    # B = 7/9: the variance is 1 - 0.7 of one group's alone.
    assert found.pooled[0].ci95 == pytest.approx(wilson(500, 1000).ci95, abs=0.03)
    assert np.ptp(found.pooled[0].ci95) == pytest.approx(0.3**0.5 * np.ptp(found.raw[0].ci95), rel=0.02)


def test_few_groups_are_not_pooled():
    found = side_by_side(SIX[:3])
    assert found.pooled == found.raw


def test_simultaneous_intervals_are_sidaks():
    # 0.95^(1/6) two-sided: z = 2.6310.
    found = side_by_side(SIX)
    assert found.simultaneous[0].ci95 == pytest.approx(wilson(30, 40, z=2.6310).ci95, abs=1e-4)


def test_marks_of_benjamini_and_hochberg():
    # Their example, section 3.2: of fifteen p-values the four smallest are rejected.
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    assert marks(p) == [True] * 4 + [False] * 11
    assert marks([]) == []


def test_equal_relations_are_seldom_marked():
    # 20 equal relations: at least one beyond its own interval in about half of 300 studies, marked in about 5 %.
    rng, beyond, marked, simultaneous = np.random.default_rng(1), 0, 0, 0
    for _ in range(300):
        found = side_by_side([wilson(int(yes), 40) for yes in rng.binomial(40, 0.7, 20)])
        overall = found.overall.value
        beyond += any(not rate.ci95[0] <= overall <= rate.ci95[1] for rate in found.raw)
        simultaneous += any(not rate.ci95[0] <= 0.7 <= rate.ci95[1] for rate in found.simultaneous)
        marked += any(found.differs)
    assert beyond / 300 > 0.4
    assert marked / 300 < 0.09
    assert simultaneous / 300 < 0.09


def test_the_funnel_narrows():
    low, high = side_by_side(SIX).funnel([25, 100])
    assert (high - 0.7).tolist() == pytest.approx([1.96 * 0.21**0.5 / 5, 1.96 * 0.21**0.5 / 10], abs=1e-4)
    assert (0.7 - low).tolist() == pytest.approx((high - 0.7).tolist())


def test_a_group_without_judgments_stays_without():
    found = side_by_side([*SIX, undefined("no judgments yet")])
    assert (found.p_value[6], found.differs[6], found.effective[6]) == (None, False, 0)
    assert found.simultaneous[6].value is None
    assert found.heterogeneity.df == 5


@pytest.mark.parametrize("rates", [[], [wilson(3, 5)], [wilson(5, 5), wilson(7, 7)]])
def test_nothing_to_compare(rates):
    found = side_by_side(rates)
    assert (found.heterogeneity, found.differs) == (None, [False] * len(rates))
    assert found.overall.value is None or found.overall.value == 1
