import numpy as np
import pytest

from stats.filter.quality import confusion
from stats.rates import wilson


def items(tp: int, fp: int, fn: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([True, True, False, False], [tp, fp, fn, tn]), np.repeat(
        [True, False, True, False], [tp, fp, fn, tn]
    )


def test_figures_of_a_table():
    quality = confusion(*items(tp=40, fp=10, fn=20, tn=30))
    assert (quality.tp, quality.fp, quality.fn, quality.tn) == (40, 10, 20, 30)
    assert quality.accuracy == wilson(40 + 30, 100)
    assert quality.precision == wilson(40, 50)
    assert quality.recall == wilson(40, 60)
    assert quality.specificity == wilson(30, 40)
    assert quality.false_rejection_rate == wilson(20, 50)


def test_f1_by_hand():
    # 2 · 40/(2 · 40 + 10 + 20) = 80/110; its interval is that of 40 of 70, through 2J/(1 + J).
    f1 = confusion(*items(40, 10, 20, 30)).f1
    low, high = wilson(40, 70).ci95
    assert f1.value == pytest.approx(80 / 110)
    assert f1.ci95 == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


def test_mcc_by_hand():
    # (40 · 30 - 10 · 20)/√(50 · 60 · 40 · 50)
    assert confusion(*items(40, 10, 20, 30)).mcc.value == pytest.approx(1000 / np.sqrt(50 * 60 * 40 * 50))


def test_mcc_of_an_item_that_weighs_as_a_thousand_million():
    # (tp·tn - fp·fn) / √((tp+fp)(tp+fn)(fp+tn)(fn+tn)) of the weights
    mcc = confusion(*items(1, 1, 1, 1), weights=[1e9, 1, 1, 1]).mcc
    assert mcc.value == pytest.approx((1e9 - 1) / (2 * (1e9 + 1)), abs=1e-15)


def test_mcc_interval_equals_the_bootstrap():
    rng = np.random.default_rng(4)
    kept, plausible = items(160, 40, 80, 120)
    resamples = [rng.integers(0, 400, 400) for _ in range(800)]
    values = [np.corrcoef(kept[sample], plausible[sample])[0, 1] for sample in resamples]
    assert confusion(kept, plausible).mcc.ci95 == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=0.02)


def test_weights_speak_of_the_whole_run():
    # Rejected items stand for 10 each: accuracy (40 + 10 + 300)/(50 + 500), precision unmoved.
    kept, plausible = items(tp=40, fp=10, fn=20, tn=30)
    quality = confusion(kept, plausible, weights=np.where(kept, 1, 10))
    assert quality.accuracy.value == pytest.approx((40 + 300) / (50 + 500))
    assert quality.precision.value == pytest.approx(40 / 50)
    assert quality.recall.value == pytest.approx(40 / (40 + 200))
    assert (quality.tp, quality.tn) == (40, 30)


def test_strata_narrow_recall():
    # Sampled by verdict, the share of kept items is fixed by design and adds nothing to the doubt about recall.
    kept, plausible = items(tp=110, fp=30, fn=20, tn=40)
    weights = np.where(kept, 1, 2)
    plain, stratified = confusion(kept, plausible, weights).recall, confusion(kept, plausible, weights, kept).recall
    assert stratified.value == plain.value == pytest.approx(110 / (110 + 2 * 20))
    assert stratified.ci95[0] > plain.ci95[0]


@pytest.mark.parametrize(
    ("table", "figure", "reason"),
    [
        ((0, 0, 3, 4), "precision", "the filter kept nothing"),
        ((3, 4, 0, 0), "false_rejection_rate", "the filter rejected nothing"),
        ((0, 3, 0, 4), "recall", "people found nothing plausible"),
        ((3, 0, 4, 0), "specificity", "people found everything plausible"),
        ((3, 4, 0, 0), "mcc", "the filter rejected nothing"),
        ((0, 0, 0, 7), "f1", "the filter kept nothing and people found nothing plausible"),
        ((0, 0, 0, 0), "accuracy", "no judgments yet"),
    ],
)
def test_undefined_says_why(table, figure, reason):
    estimate = getattr(confusion(*items(*table)), figure)
    assert (estimate.value, estimate.ci95, estimate.reason) == (None, None, reason)


def test_perfect_filter_has_mcc_one_and_claims_no_interval():
    mcc = confusion(*items(5, 0, 0, 5)).mcc
    assert (mcc.value, mcc.ci95) == (1, None)


def test_as_dict_holds_cells_and_leaves():
    leaves = confusion(*items(1, 1, 0, 0)).as_dict()
    assert (leaves["tp"], leaves["precision"]["value"]) == (1, 0.5)
    assert leaves["false_rejection_rate"]["reason"] == "the filter rejected nothing"
