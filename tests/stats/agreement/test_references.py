"""Real and published sets against statsmodels, krippendorff and irrCAC."""

import csv

import numpy as np
import pytest

from stats.agreement.coefficients import agreement_report
from stats.agreement.tallies import group_patterns, tallies_from_labels
from tests.ratings import RATINGS, REFERENCES

SETS = ["krippendorff2011.csv", "gwet4raters.csv", "fleiss1971.csv", "barzan.csv", "adult2_ten.csv"]


@pytest.fixture(scope="module", params=SETS)
def report_and_reference(request) -> tuple[dict, dict]:
    reference = REFERENCES[request.param]
    with (RATINGS / request.param).open() as file:
        rows = [(row["item"], row["annotator"], int(row["label"])) for row in csv.DictReader(file)]
    counts, _ = tallies_from_labels(*zip(*rows, strict=True))
    return agreement_report(*group_patterns(counts), values=reference["values"]), reference


def test_size(report_and_reference):
    report, reference = report_and_reference
    sizes = (report["items"], report["labels"], report["pairable_items"])
    assert sizes == (reference["items"], reference["labels"], reference["items_with_ge2"])


def test_percent_agreement(report_and_reference):
    report, reference = report_and_reference
    names = {"item_mean": "item_mean", "pooled": "pooled_pairs", "weighted": "krippendorff_Po"}
    for ours, theirs in names.items():
        value = report["percent_agreement"][ours]["value"]
        assert value == pytest.approx(reference["percent_agreement"][theirs], abs=1e-6)


def test_alpha(report_and_reference):
    report, reference = report_and_reference
    for level, alpha in reference["krippendorff_alpha"].items():
        assert report["krippendorff_alpha"][level]["value"] == pytest.approx(alpha, abs=1e-6)


def test_nominal_coefficients_and_intervals(report_and_reference):
    report, reference = report_and_reference
    irrcac = reference["irrCAC"]["identity"]
    assert_equal_to(report["fleiss_kappa"], irrcac["fleiss"])
    assert_equal_to(report["gwet_ac1"], irrcac["AC1"])
    assert_equal_to(report["krippendorff_alpha"]["nominal"], irrcac["krippendorff"])


def test_weighted_coefficients_and_intervals(report_and_reference):
    report, reference = report_and_reference
    for scale in reference["irrCAC"].keys() & report["gwet_ac2"].keys():
        assert_equal_to(report["gwet_ac2"][scale], reference["irrCAC"][scale]["AC2"])
    if "quadratic" in reference["irrCAC"]:
        # Interval α has quadratic weights.
        assert_equal_to(report["krippendorff_alpha"]["interval"], reference["irrCAC"]["quadratic"]["krippendorff"])


def assert_equal_to(leaf: dict, irrcac: dict) -> None:
    assert leaf["value"] == pytest.approx(irrcac["value"], abs=1e-6)
    assert np.array(leaf["ci95"]) == pytest.approx(np.array(irrcac["ci95"]), abs=1e-3)
