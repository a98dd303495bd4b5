"""The panels of a study's dashboard, in the order of the page."""

from typing import Any

from annotation.figures.panels import (
    agreement,
    agreement_by_day,
    anchoring,
    annotators,
    calibration,
    confusion,
    groups,
    joint,
    p_yes,
    progress,
    recall,
    repeats,
    shares,
    skips,
    threshold,
)
from annotation.figures.panels.panel import Panel

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
        agreement_by_day.PANEL,
        joint.PANEL,
        anchoring.PANEL,
        repeats.PANEL,
        skips.PANEL,
        progress.PANEL,
        annotators.PANEL,
    )
}
