"""The headlines against what the statistics make of the exported rows."""

import csv
import io

import numpy as np
import pytest

from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import study_figures
from annotation.models import Study
from stats.agreement.coefficients import gwet_ac1, krippendorff_alpha, percent_agreement
from stats.agreement.tallies import tallies_from_labels
from stats.filter.quality import confusion
from stats.rates import hajek_rate
from stats.votes import majority
from tests.annotation.builders import rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

CELLS = ("tp", "fp", "fn", "tn")


@pytest.fixture(scope="module")
def stratified_once(module_db: None) -> Study:
    """36 of 80 intentions, 18 of the 20 kept and 18 of the 60 rejected; three random judgments an item."""
    made = study(run=finished_run(40, kept_every=4), items=36, overlap=3, strata=["verdict"])
    rng = np.random.default_rng(3)
    drawn = np.stack([rng.integers(2, size=(36, 3)), rng.integers(4, size=(36, 3))], axis=-1).tolist()
    rate_all(made, dict(zip(made.items.values_list("pk", flat=True), drawn, strict=True)))
    return made


@pytest.fixture
def stratified(db: None, stratified_once: Study) -> Study:
    return Study.objects.get(pk=stratified_once.pk)


def exported(made: Study) -> dict[str, np.ndarray]:
    rows = list(csv.DictReader(io.StringIO(b"".join(judgments_csv(made)).decode(), newline="")))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def of_items(table: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The column once for each item, in the order of np.unique."""
    return table[name][np.unique(table["item"], return_index=True)[1]]


def counts(table: dict[str, np.ndarray], name: str) -> np.ndarray:
    return tallies_from_labels(table["item"], table["annotator"], table[name])[0]


def test_rates_recomputed_from_the_export_are_the_same(stratified: Study) -> None:
    table, figures = exported(stratified), study_figures(stratified)
    share = counts(table, "plausibility") @ [0, 1] / 3
    chance = of_items(table, "inclusion_probability").astype(float)
    again, alone = hajek_rate(share, chance, of_items(table, "stratum")), figures.assisted["plausibility"].design
    assert again.value == pytest.approx(alone.value, abs=1e-14)
    assert again.ci95 == pytest.approx(alone.ci95, abs=1e-14)


def test_agreement_recomputed_from_the_export_is_the_same(stratified: Study) -> None:
    table, report = exported(stratified), study_figures(stratified).agreement["typicality"]
    typical = counts(table, "typicality")
    assert krippendorff_alpha(typical, level="ordinal").value == pytest.approx(
        report["krippendorff_alpha"]["ordinal"]["value"], abs=1e-14
    )
    assert gwet_ac1(typical).value == pytest.approx(report["gwet_ac1"]["value"], abs=1e-14)
    pooled = percent_agreement(typical)["pooled"].value
    assert pooled == pytest.approx(report["percent_agreement"]["pooled"]["value"], abs=1e-14)


def test_filter_quality_recomputed_from_the_export_is_the_same(stratified: Study) -> None:
    table, figures = exported(stratified), study_figures(stratified)
    votes = majority(counts(table, "plausibility"))
    chance = of_items(table, "inclusion_probability").astype(float)
    again = confusion(of_items(table, "filter") == "kept", votes.winner == 1, 1 / chance, of_items(table, "stratum"))
    assert [getattr(again, cell) for cell in CELLS] == [getattr(figures.filter.quality, cell) for cell in CELLS]
    assert again.mcc.value == pytest.approx(figures.filter.quality.mcc.value, abs=1e-14)
