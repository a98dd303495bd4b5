import numpy as np
import pytest

from stats.filter.latent import latent_quality


def study(rng: np.random.Generator, items: int, overlap: int, people: float = 0.8, filtered: float = 0.8) -> dict:
    """Nine annotators and a filter, each right this often; 65 % is plausible."""
    truth = rng.random(items) < 0.65
    who = rng.random((items, 9)).argsort(axis=1)[:, :overlap]
    said = np.where(rng.random(who.shape) < people, truth[:, np.newaxis], ~truth[:, np.newaxis])
    return {
        "items": np.repeat(np.arange(items), overlap),
        "annotators": who.ravel(),
        "plausible": said.ravel(),
        "kept": np.where(rng.random(items) < filtered, truth, ~truth),
    }


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("overlap", [3, 5])
def test_accuracy_does_not_move_with_the_votes(overlap):
    # One large study: standard error √(0.8·0.2/4000), 0.006, and what the model adds.
    quality = latent_quality(**study(rng(), 4000, overlap), draws=2, rng=rng())
    assert quality.accuracy.value == pytest.approx(0.8, abs=0.025)
    assert quality.people.value == pytest.approx(0.8, abs=0.025)
    assert quality.plausible.value == pytest.approx(0.65, abs=0.03)


def test_figures_fit_together():
    quality = latent_quality(**study(rng(), 400, 3), draws=20, rng=rng())
    kept = study(rng(), 400, 3)["kept"].mean()
    hits = kept * quality.precision.value
    assert quality.recall.value == pytest.approx(hits / quality.plausible.value)
    assert quality.accuracy.value == pytest.approx(hits + (1 - kept) * (1 - quality.false_rejection_rate.value))
    assert quality.gap.value == pytest.approx(quality.people.value - quality.accuracy.value)


def test_intervals_are_as_wide_as_the_sample_asks_for():
    # √(0.8·0.2/400) is 0.02 if truth were known; three votes of 80 % tell less.
    quality = latent_quality(**study(rng(), 400, 3), draws=200, rng=rng())
    low, high = quality.accuracy.ci95
    assert low < quality.accuracy.value < high
    assert 2 * 1.96 * 0.02 < high - low < 3 * 2 * 1.96 * 0.02
    assert quality.unfinished == 0


def test_items_alike_are_fitted_as_one_and_count_as_many():
    one = study(rng(), 60, 3)
    many = {name: np.concatenate([column] * 3) for name, column in one.items()}
    many["items"] = np.concatenate([one["items"] + 60 * copy for copy in range(3)])
    by_cobuy = latent_quality(**many, clusters=np.arange(180), draws=2, rng=rng())
    grouped = latent_quality(**many, draws=2, rng=rng())
    assert grouped.accuracy.value == pytest.approx(by_cobuy.accuracy.value, abs=1e-6)
    assert (grouped.accuracy.n, by_cobuy.accuracy.n) == (180, 180)


def test_weights_speak_of_the_run():
    # Kept items weigh nine times as much: the kept share is that of the weights.
    drawn = study(rng(), 400, 5)
    kept = drawn["kept"]
    weighted = latent_quality(**drawn, weights=np.where(kept, 9, 1), strata=kept, draws=20, rng=rng())
    share = 9 * kept.sum() / (9 * kept.sum() + (~kept).sum())
    expected = share * weighted.precision.value + (1 - share) * (1 - weighted.false_rejection_rate.value)
    assert weighted.accuracy.value == pytest.approx(expected)


def test_the_known_kept_share_is_used():
    quality = latent_quality(**study(rng(), 400, 3), kept_share=0.9, draws=2, rng=rng())
    expected = 0.9 * quality.precision.value + 0.1 * (1 - quality.false_rejection_rate.value)
    assert quality.accuracy.value == pytest.approx(expected)


def test_unjudged_items_are_left_out():
    drawn = study(rng(), 90, 3)
    some = drawn["items"] < 60
    votes = {name: drawn[name][some] for name in ("items", "annotators", "plausible")}
    assert latent_quality(**votes, kept=drawn["kept"], draws=2, rng=rng()).accuracy.n == 60


@pytest.mark.parametrize(
    ("overlap", "items", "reason"), [(2, 400, "fewer than 30 items have 3 votes"), (3, 29, "fewer than 30 items")]
)
def test_too_few_votes_say_so(overlap, items, reason):
    quality = latent_quality(**study(rng(), items, overlap), draws=2, rng=rng())
    assert reason in quality.accuracy.reason


def test_bad_studies_say_why():
    alike = study(rng(), 40, 3) | {"plausible": np.ones(120, dtype=bool)}
    empty = {"items": [], "annotators": [], "plausible": [], "kept": [True]}
    assert latent_quality(**alike, draws=2, rng=rng()).accuracy.reason == "all votes are alike"
    assert latent_quality(**empty, draws=2, rng=rng()).as_dict()["gap"]["reason"] == "no judgments yet"


def test_a_filter_that_keeps_everything_rejects_nothing_wrongly():
    drawn = study(rng(), 60, 3) | {"kept": np.ones(60, dtype=bool)}
    quality = latent_quality(**drawn, draws=10, rng=rng())
    assert quality.false_rejection_rate.reason == "the filter rejected nothing"
    assert quality.accuracy.value == pytest.approx(quality.precision.value)
