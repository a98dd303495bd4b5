"""The panels of a study's dashboard, in the order of the page."""

from annotation.panels import (
    agreement,
    anchoring,
    annotators,
    calibration,
    coming,
    confusion,
    joint,
    settling,
    threshold,
)
from annotation.panels.shares import PLAUSIBILITY, TYPICALITY

PANELS = {
    panel.name: panel
    for panel in (
        PLAUSIBILITY,
        TYPICALITY,
        confusion.PANEL,
        agreement.PANEL,
        threshold.PANEL,
        calibration.PANEL,
        settling.PANEL,
        joint.PANEL,
        anchoring.PANEL,
        coming.PANEL,
        annotators.PANEL,
    )
}
