"""Places are shares of a stretch, by hand."""

import pytest

from annotation.figures.plots import CHART_FOOT, CHART_TOP, Scale, band, chart_scales, dots, line, span
from stats.estimate import Estimate, undefined

TICKS = ((0, "0"), (1, "100 %"))


def row(name: str, figure: Estimate) -> tuple[str, Estimate, str, str]:
    return name, figure, "50 %", "(40–60)"


def test_a_scale_puts_what_lies_beyond_on_its_end() -> None:
    scale = Scale(0, 1, 20, 80)
    assert [scale(0), scale(0.25), scale(1), scale(1.5), scale(-1)] == [20, 35, 80, 80, 20]


def test_a_span_has_no_bounds_without_an_interval() -> None:
    assert span(Estimate(0.5, None, 3), Scale(0, 1, 0, 100)).low is None
    assert span(undefined("none"), Scale(0, 1, 0, 100)) is None


def test_short_names_stand_beside_their_row_and_long_ones_above() -> None:
    figure = Estimate(0.5, (0.4, 0.6), 10)
    beside = dots([row("used for", figure)], label="L", across="A", ticks=TICKS)
    above = dots([row("Electronics + Camera and Photo", figure)], label="L", across="A", ticks=TICKS)
    assert (beside.names_above, above.names_above) == (False, True)
    assert beside.rows[0].span.at == pytest.approx(31 + 0.5 * (80 - 31))
    assert above.rows[0].name_y < above.rows[0].y


def test_a_row_without_a_value_keeps_its_place() -> None:
    made = dots([row("a", undefined("none")), row("b", Estimate(1.0, None, 1))], label="L", across="A", ticks=TICKS)
    assert made.rows[0].span is None
    assert made.rows[1].y - made.rows[0].y == 21


def test_a_name_too_long_for_a_phone_is_cut() -> None:
    made = dots([row("x" * 80, Estimate(0.5))], label="L", across="A", ticks=TICKS)
    assert (len(made.rows[0].name), made.rows[0].name[-1]) == (44, "…")


def test_a_line_breaks_where_there_is_no_value() -> None:
    assert line([0, 0.25, 0.5, 0.75], [1, None, 0.5, 0]) == "M0 0M50 50L75 100"


def test_a_band_goes_there_and_back() -> None:
    assert band([0, 1], [0.25, 0.5], [0.75, 1]) == "M0 25L100 0L100 50L0 75Z"
    assert band([0, 0.5, 1], [0, None, 0], [1, None, 1]) == "M0 0L0 100ZM100 0L100 100Z"


def test_down_begins_at_the_foot() -> None:
    _, down = chart_scales(260)
    assert (down(0), down(1)) == (260 - CHART_FOOT, CHART_TOP)
