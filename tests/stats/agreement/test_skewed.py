import numpy as np
import pytest

from stats.agreement.coefficients import agreement_report
from stats.agreement.skewed import skewed_agreement
from stats.sample import sample_of
from tests.stats.inference import references

VALUES, ITEMS = references("skew")["values"], references("skew")["items_by_number_of_yes"]
COUNTS = np.array([[3, 0], [2, 1], [1, 2], [0, 3]])
NAMES = {"kappa": "fleiss_kappa", "alpha": "krippendorff_alpha nominal", "ac1": "gwet_ac1"}


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("name", NAMES)
def test_bca_equals_the_reference(name):
    found = skewed_agreement(COUNTS, list(ITEMS.values()), interval="bca", draws=10_000, rng=rng())
    estimate = found.coefficients[NAMES[name]]
    assert estimate.value == pytest.approx(VALUES[name]["value"], abs=1e-8)
    assert estimate.ci95 == pytest.approx(VALUES[f"{name}: BCa"]["ci95"], abs=0.01)
    assert estimate.ci95 == pytest.approx(VALUES[f"{name}: BCa of scipy"]["ci95"], abs=0.015)


def leaves(report: dict) -> dict[str, float]:
    both = ("krippendorff_alpha", "gwet_ac2")
    nested = {f"{name} {kind}": leaf["value"] for name in both for kind, leaf in report[name].items()}
    return nested | {name: report[name]["value"] for name in ("fleiss_kappa", "gwet_ac1")}


def test_values_are_those_of_the_report():
    counts = rng().multinomial(4, [0.1, 0.2, 0.3, 0.4], 50) + rng().integers(0, 2, (50, 4))
    sample = sample_of(50, rng().random(50) + 0.5)
    found = skewed_agreement(counts, values=[1, 2, 3, 4], sample=sample, draws=20, rng=rng())
    expected = leaves(agreement_report(counts, values=[1, 2, 3, 4], sample=sample))
    assert {name: each.value for name, each in found.coefficients.items()} == pytest.approx(expected)


def covered(prevalence: float, items: int, interval: str, studies: int = 250) -> dict[str, float]:
    """Items' own chance of yes is Beta(1.5·prevalence, …): three judgments of it have κ = 1/(1.5 + 1)."""
    p = rng().beta(1.5 * prevalence, 1.5 * (1 - prevalence), 400_000)
    shares = np.bincount(np.random.default_rng(2).binomial(3, p), minlength=4) / len(p)
    truth = skewed_agreement(COUNTS, np.round(shares * 1e9), draws=2, rng=rng()).coefficients
    random, held = np.random.default_rng(3), dict.fromkeys(NAMES, 0)
    for _ in range(studies):
        drawn = random.multinomial(items, shares)
        found = skewed_agreement(COUNTS, drawn, interval=interval, draws=300, rng=random).coefficients
        for name, leaf in NAMES.items():
            ci95 = found[leaf].ci95
            held[name] += ci95 is not None and ci95[0] <= truth[leaf].value <= ci95[1]
    return {name: count / studies for name, count in held.items()}


@pytest.mark.parametrize(("prevalence", "items"), [(0.7, 100), (0.93, 60), (0.97, 60)])
def test_intervals_hold_under_skew(prevalence, items):
    # 250 studies: the standard error of 95 % is 1.4 points.
    shares = covered(prevalence, items, "dirichlet")
    assert {name: share for name, share in shares.items() if not share > 0.91} == {}


def test_resamples_of_what_was_seen_do_not():
    assert covered(0.97, 60, "bca")["kappa"] < 0.8


def test_two_items_that_agree_get_a_wide_interval_and_a_word():
    found = skewed_agreement([[2, 0], [0, 2]], rng=rng())
    kappa = found.coefficients["fleiss_kappa"]
    assert (kappa.value, kappa.n) == (1, 2)
    assert kappa.ci95[0] < 0.3 < kappa.ci95[1] == 1
    assert "In 1 of 2 items" in found.warning


def test_enough_rare_answers_need_no_word():
    found = skewed_agreement(COUNTS, [3, 1, 1, 95], rng=rng())
    assert (found.rare, found.warning) == (5, "")


def test_all_alike_is_undefined_and_warned_of():
    found = skewed_agreement([[3, 0]], [40], rng=rng())
    assert found.coefficients["gwet_ac1"].reason == "all judgments fall into one category"
    assert "In 0 of 40 items" in found.as_dict()["warning"]


def test_no_judgments_say_so():
    found = skewed_agreement(np.zeros((0, 2)), rng=rng())
    assert (found.coefficients["fleiss_kappa"].reason, found.warning) == ("no item has two judgments", "")


def test_without_an_order_ordinal_is_undefined():
    found = skewed_agreement(COUNTS, [4, 3, 5, 60], rng=rng())
    assert found.coefficients["krippendorff_alpha ordinal"].reason == "the categories have no order"


def width(sample) -> float:
    low, high = skewed_agreement(np.repeat(COUNTS, 30, axis=0), sample=sample, rng=rng()).coefficients["gwet_ac1"].ci95
    return high - low


def test_cobuys_are_drawn_whole():
    # Ten items alike in a co-buy tell as much as one.
    assert width(sample_of(120, clusters=np.arange(120) // 10)) > 2 * width(sample_of(120))


def test_strata_that_explain_the_answers_narrow_it():
    assert width(sample_of(120, strata=np.arange(120) // 30)) < width(sample_of(120)) / 2


def test_many_ways_to_answer_are_no_burden():
    counts = rng().multinomial(30, [0.2] * 5, 40)
    found = skewed_agreement(counts, draws=50, rng=rng()).coefficients["krippendorff_alpha nominal"]
    assert found.ci95[0] < found.value < found.ci95[1]
