"""The panels of a study's dashboard, in the order of the page."""

from typing import Any

from annotation.figures.panels import (
    agreement,
    agreement_by_group,
    agreement_by_judgments,
    anchoring,
    annotators,
    contested,
    groups,
    joint,
    looked,
    looking,
    pairs,
    progress,
    repeats,
    shares,
    skips,
    unjudged,
)
from annotation.figures.panels.filter import (
    accuracy_by_judgments,
    accuracy_by_votes,
    by_group,
    calibration,
    confusion,
    p_yes,
    recall,
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
        by_group.PANEL,
        agreement.PANEL,
        threshold.PANEL,
        recall.PANEL,
        p_yes.PANEL,
        calibration.PANEL,
        agreement_by_group.PANEL,
        agreement_by_judgments.PANEL,
        accuracy_by_judgments.PANEL,
        contested.PANEL,
        accuracy_by_votes.PANEL,
        joint.PANEL,
        anchoring.PANEL,
        repeats.PANEL,
        unjudged.PANEL,
        looked.PANEL,
        skips.PANEL,
        progress.PANEL,
        annotators.PANEL,
        pairs.PAIRS,
        pairs.LENIENCE,
    )
}


def panels_of(study: Study) -> list[Panel[Any]]:
    """With a plan it stands first: it says whether to go on."""
    return [*([looking.PANEL] if hasattr(study, "plan") else []), *PANELS.values()]


def panel_named(name: str) -> Panel[Any] | None:
    return looking.PANEL if name == looking.PANEL.name else PANELS.get(name)
