import numpy as np
import pytest

from stats.filter.ceiling import agreement_with_others, human_ceiling


def test_comparisons_of_an_item_by_hand():
    # Two of three say yes, and it is kept. Who says yes has one yes and one no beside them: tied, no comparison.
    # Who says no has two yes: wrong, and the filter right.
    ceiling = human_ceiling([2], [3], [True])
    assert ceiling.comparisons == 1
    assert (ceiling.annotators.accuracy.value, ceiling.filter.accuracy.value) == (0, 1)


def test_pooled_figures_by_hand():
    # 3 of 3 yes, kept: three comparisons, all right. 1 of 4 yes, kept: three say no against 1 of 3 (right), one says
    # yes against 0 of 3 (wrong); the filter is wrong four times.
    ceiling = human_ceiling([3, 1], [3, 4], [True, True])
    assert ceiling.comparisons == 7
    assert ceiling.annotators.accuracy.value == pytest.approx((3 + 3) / 7)
    assert ceiling.filter.accuracy.value == pytest.approx(3 / 7)
    assert ceiling.gap.value == pytest.approx(3 / 7)


def test_precision_and_recall_by_hand():
    # As above: annotators say yes 3 + 1 times, 3 of them rightly; the filter 7 times; 3 comparisons are truly yes.
    ceiling = human_ceiling([3, 1], [3, 4], [True, True])
    assert (ceiling.annotators.precision.value, ceiling.filter.precision.value) == pytest.approx((3 / 4, 3 / 7))
    assert (ceiling.annotators.recall.value, ceiling.filter.recall.value) == (1, 1)


def test_a_lone_judgment_has_nobody_to_meet():
    ceiling = human_ceiling([1], [1], [True])
    assert ceiling.annotators.accuracy.reason == ceiling.gap.reason == "no item has others with a majority"


def test_items_are_the_sampling_units():
    # 30 items of ten annotators who agree: 300 comparisons, but as much doubt as 30 items have.
    ceiling = human_ceiling([10, 0] * 15, [10] * 30, [True, True] * 15)
    low, high = ceiling.filter.accuracy.ci95
    assert (ceiling.comparisons, ceiling.filter.accuracy.n) == (300, 30)
    assert high - low == pytest.approx(0.35, abs=0.02)


def test_weights_speak_of_the_run():
    # Three comparisons of weight 1, all right; two of weight 9, both wrong: 3/(3 + 18).
    ceiling = human_ceiling([3, 1], [3, 2], [True, False], [1, 9])
    assert ceiling.annotators.accuracy.value == pytest.approx(3 / 21)


def rows(answers: np.ndarray) -> dict[str, np.ndarray]:
    """A row for each judgment of a table (items, annotators)."""
    item, annotator = np.divmod(np.arange(answers.size), answers.shape[1])
    return {
        "annotators": annotator,
        "own": answers.ravel(),
        "plausible": answers.sum(axis=1)[item],
        "judged": np.full(answers.size, answers.shape[1]),
    }


def test_annotators_one_by_one_by_hand():
    # Items yyn and nnn: the third is wrong on the first item; who says yes there has tied others.
    agree = agreement_with_others(**rows(np.array([[1, 1, 0], [0, 0, 0]])))
    assert [agree[a].value for a in range(3)] == [1, 1, 1 / 2]
    assert [agree[a].n for a in range(3)] == [1, 1, 2]


def test_pooled_is_the_mean_of_the_annotators_by_their_comparisons():
    rng = np.random.default_rng(1)
    answers = (rng.random((80, 4)) < rng.random((80, 1))).astype(int)
    each = agreement_with_others(**rows(answers)).values()
    pooled = human_ceiling(answers.sum(axis=1), [4] * 80, np.ones(80))
    comparisons = [agrees.n for agrees in each]  # one an item
    assert pooled.comparisons == sum(comparisons)
    accuracy = np.average([agrees.value for agrees in each], weights=comparisons)
    assert pooled.annotators.accuracy.value == pytest.approx(accuracy)


def test_grouped_rows_of_annotators_equal_their_items():
    columns = rows(np.array([[1, 1, 0], [0, 1, 0], [1, 1, 1]]))
    repeated = {name: np.tile(column, 3) for name, column in columns.items()}
    grouped, single = agreement_with_others(**columns, items=np.full(9, 3)), agreement_with_others(**repeated)
    assert grouped[2].ci95 == pytest.approx(single[2].ci95)


def test_gaps_of_precision_and_recall_by_hand():
    # As in the pooled figures: 3/4 less 3/7, and both recall all.
    ceiling = human_ceiling([3, 1], [3, 4], [True, True])
    assert (ceiling.precision_gap.value, ceiling.recall_gap.value) == (pytest.approx(3 / 4 - 3 / 7), 0)


@pytest.mark.parametrize("gap", ["gap", "precision_gap", "recall_gap"])
def test_a_filter_that_is_one_more_annotator_has_no_gap(gap):
    # 400 studies of 150 items: the standard error of 95 % is 1.1 points.
    rng, held = np.random.default_rng(2), 0
    for _ in range(400):
        chance = rng.beta(1.3, 0.7, 150)
        low, high = getattr(human_ceiling(rng.binomial(3, chance), [3] * 150, rng.random(150) < chance), gap).ci95
        held += low <= 0 <= high
    assert 0.92 < held / 400 < 0.98


def test_pairing_narrows_the_gap():
    # On the same comparisons what is hard for one is hard for the other.
    rng = np.random.default_rng(1)
    chance = rng.choice([0.05, 0.5, 0.95], 600)
    ceiling = human_ceiling(rng.binomial(5, chance), [5] * 600, rng.random(600) < chance)
    widths = [np.ptp(each.ci95) for each in (ceiling.gap, ceiling.annotators.accuracy, ceiling.filter.accuracy)]
    assert widths[0] < 0.95 * np.hypot(widths[1], widths[2])


def test_a_filter_that_keeps_nothing_has_no_gap_of_precision():
    ceiling = human_ceiling([3, 1], [3, 4], [False, False])
    assert ceiling.precision_gap.reason == "the filter kept nothing, or people said yes to nothing"
    assert ceiling.recall_gap.value == 1
