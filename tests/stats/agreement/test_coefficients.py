"""Published tables; a row holds how many raters gave an item each category."""

import pytest

from stats.agreement.coefficients import (
    agreement_report,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    krippendorff_alpha,
    percent_agreement,
    prevalence,
)
from stats.sample import sample_of

# Fleiss 1971, table 1: 30 patients, 6 psychiatrists, 5 diagnoses.
FLEISS_1971 = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""
# Krippendorff's 15 units of 3 coders with missing values, without the two units nobody coded.
KRIPPENDORFF_2011 = "1000 0200 2000 0020 0021 0003 1010 0200 2000 2000 0020 0020 0011"
# Gwet 2014, the running example of 12 units, 4 raters with missing values, 5 categories.
GWET_2014 = "30000 00003 20000 00100 03100 00400 00400 04000 11110 00040 31000 04000"


def table(text: str) -> list[list[int]]:
    return [[int(count) for count in row] for row in text.split()]


def test_fleiss_kappa_of_fleiss_1971():
    kappa = fleiss_kappa(table(FLEISS_1971))
    assert kappa.value == pytest.approx(0.430, abs=5e-4)
    assert kappa.ci95 == pytest.approx((0.319395, 0.541094), abs=1e-5)  # irrCAC 0.4.4
    assert kappa.n == 30


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.691358), ("ordinal", 0.806721), ("interval", 0.810845)])
def test_alpha_of_krippendorff_2011(level, alpha):
    assert krippendorff_alpha(table(KRIPPENDORFF_2011), level=level).value == pytest.approx(alpha, abs=1e-6)


def test_the_unit_coded_once_is_left_out_of_alpha():
    assert krippendorff_alpha(table(KRIPPENDORFF_2011)).n == 12


def test_ac1_and_kappa_of_gwets_four_raters():
    ac1, kappa = gwet_ac1(table(GWET_2014)), fleiss_kappa(table(GWET_2014))
    assert (ac1.value, kappa.value) == pytest.approx((0.775444, 0.761169), abs=1e-6)
    assert ac1.ci95 == pytest.approx((0.460813, 1), abs=1e-5)


@pytest.mark.parametrize(("scale", "ac2"), [("linear", 0.858739), ("quadratic", 0.914001), ("ordinal", 0.898940)])
def test_ac2_of_gwets_four_raters(scale, ac2):
    assert gwet_ac2(table(GWET_2014), scale=scale).value == pytest.approx(ac2, abs=1e-6)


def test_percent_agreement_has_three_conventions():
    # Three of three agree: 6 of 6 ordered pairs. One against one: 0 of 2.
    shares = percent_agreement([[3, 0], [1, 1]])
    assert shares["item_mean"].value == pytest.approx((1 + 0) / 2)
    assert shares["pooled"].value == pytest.approx(6 / (6 + 2))
    assert shares["weighted"].value == pytest.approx((3 * 1 + 2 * 0) / (3 + 2))


def test_kappa_by_hand():
    # Two raters, three items: p_a = 2/3, shares 1/2 and 1/2, p_e = 1/2.
    assert fleiss_kappa([[2, 0], [0, 2], [1, 1]]).value == pytest.approx((2 / 3 - 1 / 2) / (1 - 1 / 2))


def test_ac1_by_hand():
    # p_a = 3/4, shares 7/8 and 1/8, p_e = 2 · 7/8 · 1/8 = 7/32.
    assert gwet_ac1([[2, 0], [2, 0], [2, 0], [1, 1]]).value == pytest.approx((3 / 4 - 7 / 32) / (1 - 7 / 32))


def test_alpha_by_hand():
    # Of n = 6 judgments 3 and 3: D_o = 2 of 6 pairs, D_e = 2 · 3 · 3 of 6 · 5 pairs.
    assert krippendorff_alpha([[2, 0], [0, 2], [1, 1]]).value == pytest.approx(1 - (2 / 6) / (18 / 30))


def test_ac2_quadratic_by_hand():
    # Three categories, one item a step apart: p_a = (1 + 3/4)/2; weights sum to 3 + 4 · 3/4 + 2 · 0 = 6.
    # Shares 3/4, 1/4, 0: p_e = 6/(3 · 2) · (3/16 + 3/16) = 3/8.
    ac2 = gwet_ac2([[2, 0, 0], [1, 1, 0]], scale="quadratic")
    assert ac2.value == pytest.approx((7 / 8 - 3 / 8) / (1 - 3 / 8))


def test_kappa_falls_with_prevalence_where_ac1_does_not():
    # 98 items of 100 unanimous, the other two split: agreement 0.98, prevalence 0.99.
    counts, items = [[2, 0], [1, 1]], [98, 2]
    assert prevalence(counts, items)[0].value == pytest.approx(0.99)
    assert fleiss_kappa(counts, items).value < 0
    assert gwet_ac1(counts, items).value > 0.97


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([[1, 0], [0, 1]], "no item has two judgments"),
        ([[3, 0], [2, 0]], "all judgments fall into one category"),
        ([[2, 1], [1, 0]], "one item only has two judgments"),
    ],
)
def test_undefined_says_why(counts, reason):
    for estimate in (fleiss_kappa(counts), gwet_ac1(counts), gwet_ac2(counts), krippendorff_alpha(counts)):
        assert (estimate.value, estimate.ci95, estimate.reason) == (None, None, reason)


def test_weighted_agreement_is_that_of_the_run():
    # An item that stands for three weighs like three alike; α's own correction for small samples apart.
    counts, weights = [[2, 0], [0, 2], [1, 1]], [1, 1, 3]
    weighted = sample_of(3, weights)
    for coefficient in (fleiss_kappa, gwet_ac1):
        assert coefficient(counts, sample=weighted).value == pytest.approx(coefficient(counts, weights).value)
    assert krippendorff_alpha(counts, sample=weighted).n == 3


def test_strata_narrow_agreement():
    # Items nearly all alike in one stratum and nearly all split in the other: their mix is fixed by design.
    alike, split = [[2, 0], [0, 2]], [[1, 1]]
    counts, strata = alike * 24 + split * 2 + split * 48 + alike, [0] * 50 + [1] * 50
    plain, stratified = gwet_ac1(counts), gwet_ac1(counts, sample=sample_of(100, strata=strata))
    assert stratified.value == plain.value
    assert stratified.ci95[1] - stratified.ci95[0] < 0.5 * (plain.ci95[1] - plain.ci95[0])


def test_perfect_agreement_claims_no_interval():
    kappa = fleiss_kappa([[2, 0], [0, 2]])
    assert (kappa.value, kappa.ci95) == (1, None)


def test_categories_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="values must be 2 rising numbers"):
        gwet_ac2([[1, 1], [2, 0]], values=[2, 1])


def test_report_without_order_says_so():
    report = agreement_report([[2, 0], [1, 1]])
    assert report["gwet_ac2"]["linear"]["reason"] == "the categories have no order"
    assert report["krippendorff_alpha"]["nominal"]["value"] is not None


def test_report_of_an_empty_study_is_undefined_throughout():
    report = agreement_report([[0, 0]], values=[0, 1])
    assert (report["items"], report["labels"], report["pairable_items"]) == (0, 0, 0)
    assert report["percent_agreement"]["pooled"]["reason"] == "no item has two judgments"
    assert report["prevalence"][0]["reason"] == "no judgments yet"
