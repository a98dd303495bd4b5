"""The panels of a study's dashboard, in the order of the page."""

from annotation.figures.panels import (
    agreement,
    anchoring,
    annotators,
    calibration,
    confusion,
    joint,
    threshold,
)
from annotation.figures.panels import (
    agreement_by_day as settling,
)
from annotation.figures.panels import (
    progress as coming,
)
from annotation.figures.panels.shares import PLAUSIBILITY, TYPICALITY

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
