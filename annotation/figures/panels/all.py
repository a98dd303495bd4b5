"""The panels of a study's dashboard, in the order of the page."""

from typing import Any

from annotation.design.plans import plan_of
from annotation.figures.panels import (
    agreement,
    agreement_by_judgments,
    anchoring,
    annotators,
    calibration,
    confusion,
    groups,
    joint,
    looking,
    p_yes,
    progress,
    recall,
    repeats,
    shares,
    skips,
    threshold,
)
from annotation.figures.panels.panel import Panel
from annotation.models import Study

PANELS: dict[str, Panel[Any]] = {
    panel.name: panel
    for panel in (
        shares.PLAUSIBILITY,
        shares.TYPICALITY,
        groups.PANEL,
        confusion.PANEL,
        agreement.PANEL,
        threshold.PANEL,
        recall.PANEL,
        p_yes.PANEL,
        calibration.PANEL,
        agreement_by_judgments.PANEL,
        joint.PANEL,
        anchoring.PANEL,
        repeats.PANEL,
        skips.PANEL,
        looking.PANEL,
        progress.PANEL,
        annotators.PANEL,
    )
}


def panels_of(study: Study) -> list[Panel[Any]]:
    """Without a plan there is no panel of it."""
    planned = plan_of(study) is not None
    return [panel for panel in PANELS.values() if planned or panel is not looking.PANEL]
