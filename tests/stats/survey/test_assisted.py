import numpy as np
import pytest

from stats.rates import hajek_rate
from stats.survey.assisted import assisted_quality, assisted_rate
from stats.survey.run import run_totals

# 40 items with p_yes 0.2 or 0.8 and 10 or 30 of each 20 plausible.
P_YES = np.repeat([0.2, 0.8], 20)
PLAUSIBLE = np.tile([1, 0, 0, 0], 5).tolist() + np.tile([1, 1, 1, 0], 5).tolist()
# A run of 1,000 with as many of each.
RUN = run_totals(1000, 500, 500, 400)


def test_a_balanced_sample_is_left_as_it_is():
    assert assisted_rate(PLAUSIBLE, P_YES, RUN).figure.value == pytest.approx(0.5)


def test_what_the_run_has_more_of_counts_more():
    # Of 800 with p_yes 0.8 three quarters, of 200 with 0.2 one quarter: Σp = 680.
    figure = assisted_rate(PLAUSIBLE, P_YES, run_totals(1000, 800, 680, 640))
    assert figure.figure.value == pytest.approx(0.8 * 0.75 + 0.2 * 0.25)
    assert figure.design.value == pytest.approx(0.5)


def test_grouped_rows_equal_their_items():
    # Pairs (p_yes, plausible) and how many items are so.
    rows = {"share": [0, 1, 0, 1], "p_yes": [0.2, 0.2, 0.8, 0.8], "items": [15, 5, 5, 15]}
    grouped, single = assisted_rate(**rows, run=RUN), assisted_rate(PLAUSIBLE, P_YES, RUN)
    assert grouped.figure.ci95 == pytest.approx(single.figure.ci95, rel=1e-12)
    assert grouped.counts_like == pytest.approx(single.counts_like)


def test_just_enough_items_are_enough_in_whatever_rows():
    # One slope asks for 20 items. 20 of weight 1 are 20, though the sums of as many twentieths come to less.
    said = {"share": [1, 0.5, 0, 1, 0.5, 0], "p_yes": [0.9] * 3 + [0.2] * 3, "items": [5, 3, 2, 2, 3, 5]}
    run = run_totals([20], [10], [11], [9], strata=[""])
    single = {name: np.repeat(said[name], said["items"]) for name in ("share", "p_yes")}
    alone = [assisted_rate(**single, run=run, weights=np.ones(20), strata=[""] * 20)]
    both = [*alone, assisted_rate(**said, run=run, weights=np.ones(6), strata=[""] * 6)]
    assert [each.fallback for each in both] == ["", ""]


def test_co_buys_are_units():
    # Each item four times over, as a co-buy's: the width stays that of 40, but for the degrees of freedom.
    once = assisted_rate(PLAUSIBLE, P_YES, RUN).figure
    cobuys = np.repeat(np.arange(40), 4)
    clustered = assisted_rate(np.repeat(PLAUSIBLE, 4), np.repeat(P_YES, 4), RUN, clusters=cobuys).figure
    assert clustered.ci95 == pytest.approx(once.ci95, abs=1e-12)


def test_a_domain_that_judging_tells():
    # Typicality was asked of the plausible alone: half of these are typical, at either p_yes.
    asked = np.array(PLAUSIBLE) == 1
    typical = asked & (np.cumsum(PLAUSIBLE) % 2 == 0)
    figure = assisted_rate(typical, P_YES, RUN, domain=asked).figure
    assert (figure.value, figure.n) == (pytest.approx(0.5), 20)


def test_strata_weigh_what_the_run_has():
    # 10 of 100 and 10 of 900 were to be judged, 5 of the latter have been: 900 · 0.2 + 100 · 0.8.
    share = [1] * 8 + [0] * 2 + [1] + [0] * 4
    strata, weights = ["a"] * 10 + ["b"] * 5, [10] * 10 + [90] * 5
    run = run_totals([900, 100], [0, 0], [450, 50], [0, 0], strata=["b", "a"])
    figure = assisted_rate(share, np.full(15, 0.5), run, weights, strata)
    assert figure.figure.value == pytest.approx(0.1 * 0.8 + 0.9 * 0.2)
    assert figure.fallback == "p_yes is the same for all judged items"


def test_a_run_of_which_nothing_is_left_helps_nothing():
    gone = run_totals([], [], [], [], strata=np.array([], dtype=str))
    figure = assisted_rate([1, 0], [0.2, 0.8], gone, strata=["a", "a"])
    assert (figure.figure.value, figure.fallback) == (
        0.5, "the run has no intentions of a any more, of which some were judged",
    )  # fmt: skip


def test_ties_count_one_half():
    # Kept, with p_yes 0.8: 19 plausible, 1 not; rejected: 20 ties. Accuracy (19 + 10) / 40.
    y = np.r_[np.full(20, 0.5), np.ones(19), 0]
    quality = assisted_quality(y, P_YES >= 0.5, P_YES, RUN)
    assert quality.accuracy.figure.value == pytest.approx(29 / 40)
    assert quality.false_rejection_rate.figure.value == pytest.approx(0.5)


def test_recall_knows_how_much_is_kept():
    # 800 kept, three quarters plausible; 200 rejected, one quarter: 600 of 650.
    run = run_totals(1000, 800, 680, 640)
    recall = assisted_quality(PLAUSIBLE, P_YES >= 0.5, P_YES, run).recall
    assert recall.figure.value == pytest.approx(600 / 650)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (run_totals(1000, 500, 500, 400, without_p_yes=30), "p_yes is missing for 30 of the run's 1,000 verdicts"),
        (run_totals(30, 10, 15, 8), "the run has shrunk since the sample: 30 intentions are left where 40 were judged"),
        (run_totals(0, 0, 0, 0), "the run has shrunk since the sample: 0 intentions are left where 40 were judged"),
    ],
)
def test_where_p_yes_cannot_help_the_design_speaks(run, reason):
    figure = assisted_rate(PLAUSIBLE, P_YES, run)
    assert figure.fallback == reason
    assert figure.figure == hajek_rate(PLAUSIBLE, np.ones(40))


def test_a_missing_p_yes_of_a_judged_item_is_said():
    p_yes = np.r_[np.nan, P_YES[1:]]
    assert assisted_rate(PLAUSIBLE, p_yes, RUN).fallback == "p_yes is missing for some judged items"


def test_a_stratum_that_is_gone_is_said():
    run = run_totals([900], [500], [450], [400], strata=["a"])
    figure = assisted_rate(PLAUSIBLE, P_YES, run, strata=["a"] * 39 + ["b"])
    assert figure.fallback == "the run has no intentions of b any more, of which some were judged"


def test_one_item_is_too_few_to_learn_from():
    figure = assisted_rate([1], [0.7], RUN)
    assert figure.fallback == "p_yes is the same for all judged items"
    figure = assisted_rate([1, 0, 1], [0.7, 0.6, 0.9], RUN)
    assert figure.fallback == "3 items in effect are too few to learn from: 20 are needed"


def test_weights_of_a_billionth_are_but_a_scale():
    tiny, plain = assisted_rate(PLAUSIBLE, P_YES, RUN, np.full(40, 1e-9)), assisted_rate(PLAUSIBLE, P_YES, RUN)
    assert tiny.figure.ci95 == pytest.approx(plain.figure.ci95)


def test_one_item_that_weighs_nearly_all_leaves_nothing_to_learn_from():
    figure = assisted_rate(PLAUSIBLE, P_YES, RUN, np.r_[np.full(39, 1e-9), 1])
    assert figure.fallback == "1 items in effect are too few to learn from: 20 are needed"


def test_all_alike_keep_the_doubt_of_their_number():
    # One category: Wilson's of 40 of 40, 40/(40 + z²).
    figure = assisted_rate(np.ones(40), P_YES, RUN)
    assert figure.figure.ci95 == pytest.approx((40 / 43.8415, 1), abs=1e-4)
    assert figure.counts_like is None


def test_nothing_judged_says_so():
    empty = np.array([])
    quality = assisted_quality(empty, empty, empty, RUN)
    assert {quality.accuracy.figure.reason, quality.precision.figure.reason} == {"no judgments yet"}


def test_nothing_kept_says_so():
    quality = assisted_quality(PLAUSIBLE, np.zeros(40), P_YES, RUN)
    assert quality.precision.figure.reason == "the filter kept nothing"
    assert quality.recall.figure.value == 0
