import numpy as np
import pytest

from stats.agreement.coefficients import krippendorff_alpha
from stats.planning import (
    Design,
    alpha_variance,
    difference_found,
    difference_variance,
    half_width,
    half_width_of,
    items_for_difference,
    items_for_half_width,
    pace,
    power_of,
    precision_variance,
    rate_variance,
    recall_variance,
)


def test_items_for_five_points_of_a_half():
    # 1.96² · 0.25 / 0.05² = 384.1: the number of every textbook.
    assert items_for_half_width(rate_variance(0.5), 0.05) == 385


def test_there_and_back():
    variance = rate_variance(0.7, 0.6, 3)
    items = items_for_half_width(variance, 0.04, Design(effect=1.3, gain=1.19))
    assert (
        half_width_of(variance, items, Design(1.3, 1.19))
        <= 0.04
        < half_width_of(variance, items - 1, Design(1.3, 1.19))
    )


def test_a_gain_by_p_yes_saves_items():
    # 400 that count like 477.
    plain, gained = (items_for_half_width(0.25, 0.05, Design(gain=gain)) for gain in (1.0, 477 / 400))
    assert gained == pytest.approx(plain * 400 / 477, abs=1)


def test_three_answers_that_correlate_are_less_than_three():
    # 0.24 · (1 + 2 · 0.7)/3, as in the half-width of before.
    assert rate_variance(overlap=3) == pytest.approx(0.24 * 2.4 / 3)
    assert half_width(400, 3, 1.5) == pytest.approx(1.959964 * np.sqrt(1.5 * 0.24 * 0.8 / 400))


def test_precision_and_recall_count_what_tells_of_them():
    assert precision_variance(0.8, kept=0.5) == pytest.approx(0.16 / 0.5)
    assert recall_variance(0.9, plausible=0.6) == pytest.approx(0.09 / 0.6)


@pytest.mark.parametrize(("share", "alpha"), [(0.5, 0.0), (0.6, 0.4), (0.9, 0.7)])
def test_alpha_of_two_answers_is_bloch_and_kraemer(share, alpha):
    # 1989, as quoted by Donner and Eliasziw 1992: (1 - κ)((1 - κ)(1 - 2κ) + κ(2 - κ)/(2π(1 - π))).
    quoted = (1 - alpha) * ((1 - alpha) * (1 - 2 * alpha) + alpha * (2 - alpha) / (2 * share * (1 - share)))
    assert alpha_variance(share, alpha, 2) == pytest.approx(quoted)


def test_alpha_of_three_answers_is_that_of_simulated_studies():
    # 400 studies of 300 items: the standard deviation has an error of 1/√800, 3.5 %.
    rng, p, alpha, found = np.random.default_rng(5), 0.7, 0.5, []
    for _ in range(400):
        yes = rng.binomial(3, rng.beta(p * (1 / alpha - 1), (1 - p) * (1 / alpha - 1), 300))
        found.append(krippendorff_alpha(np.stack([3 - yes, yes], axis=1)).value)
    assert np.std(found) == pytest.approx(np.sqrt(alpha_variance(p, alpha, 3) / 300), rel=0.1)


def test_power_of_a_difference():
    # (1.96 + 0.8416)² · 0.5 / 0.1² = 392.4: two independent halves, ten points apart.
    variance = difference_variance(0.25, 0.25, correlation=0)
    pairs = items_for_difference(variance, 0.1)
    assert pairs == 393
    assert power_of(variance, 0.1, pairs) == pytest.approx(0.8, abs=0.002)
    assert difference_found(variance, pairs) == pytest.approx(0.1, abs=0.001)


def test_pairs_that_go_together_save_items():
    plain, paired = (items_for_difference(difference_variance(0.25, 0.25, r), 0.1) for r in (0.0, 0.5))
    assert paired == pytest.approx(plain / 2, abs=1)


def test_without_a_difference_power_is_the_level():
    assert power_of(0.5, 0, 100) == pytest.approx(0.05)


def test_pace_has_a_floor():
    assert pace(0, 0, assumed=24) == (24, False)
    assert pace(3000, 200, assumed=24) == (15, True)
    # 200 judgments in 100 s were clicked, not read.
    assert pace(100, 200, assumed=24) == (5, True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: items_for_half_width(0.25, 0), "the wanted half-width must be over 0, not 0"),
        (lambda: items_for_half_width(0.25, float("nan")), "the wanted half-width must be over 0, not nan"),
        (lambda: items_for_difference(0.25, 0), "the difference to be found must be over 0, not 0"),
        (lambda: items_for_difference(0.25, 0.1, power=1), "power lies between 0.05 and 1, not at 1"),
        (lambda: half_width_of(0.25, 0), "the number of items must be over 0, not 0"),
        (lambda: rate_variance(1.2), "the share must lie between 0 and 1, not at 1.2"),
        (lambda: Design(gain=0), "the gain by p_yes must be over 0, not 0"),
        (lambda: alpha_variance(overlap=1), "agreement takes two answers an item, not 1"),
        (lambda: alpha_variance(share=1), "where not all say the same"),
        (lambda: items_for_half_width(precision_variance(0.8, 0), 0.05), "no number of items is enough"),
        (lambda: difference_variance(0.2, 0.2, 1.5), "a correlation lies between -1 and 1, not at 1.5"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
