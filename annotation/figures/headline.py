"""The headline figures of a study in words, and which judgments they count."""

from dataclasses import replace

from annotation.figures.numbers import Headlines, headlines_of, study_revision
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.tiles import (
    TRUTHS,
    accuracy_tile,
    agreement_tile,
    audit_tile,
    latent_tile,
    rate_tile,
    whose_opinion,
)
from annotation.figures.words import percent
from annotation.models import Adjudication, Study
from annotation.selection import Selection

SELDOM = " Of so many judgments those chosen are counted anew every two minutes or so."
POLL_SECONDS, SLOW_POLL_SECONDS = 1, 10


def dashboard(study: Study, selection: Selection, revision: str = "") -> dict:
    """What the headline figures' template needs; `revision` where the study's was just read."""
    # The revision is read first: a judgment in between is then shown again, never missed.
    asked = Asked(study, selection, revision or study_revision(study), on_page=True)
    page = {"study": study, "revision": asked.revision, "selection": selection}
    return {**page, "figures": figures_page(asked), **_who_counts(asked)}


def figures_page(asked: Asked) -> dict:
    return asked.once("headlines", lambda: _page(headlines_of(Live(asked)), asked))


def _page(figures: Headlines, asked: Asked) -> dict:
    counts = ("items", "items_judged", "items_complete", "judgments", "wanted", "annotators")
    first = asked.study.questions[0]
    return {
        **{name: getattr(figures, name) for name in (*counts, "updated_at", "is_weighted")},
        "poll_seconds": SLOW_POLL_SECONDS if asked.selection.chooses_judgments else POLL_SECONDS,
        "headlines": [
            *(rate_tile(figures, question, asked.selection.whose) for question in asked.study.questions),
            agreement_tile(figures, first),
            accuracy_tile(figures, asked.selection) if not figures.latent else latent_tile(figures),
        ],
        "audit": audit_tile(figures),
        "whose": whose_opinion(figures, asked.selection) + (SELDOM if asked.seldom else ""),
        "truth": TRUTHS[asked.selection.truth],
        "unjudged": _unjudged(figures.unjudged) if asked.study.state == Study.State.CLOSED else "",
    }


def _unjudged(response: dict) -> str:
    """While a study goes on, what has no judgment yet is no matter."""
    share = response.get("unjudged", 0)
    told = f"items that stand for {percent(share)} of the run stay unjudged; the others of their stratum speak for them"
    return response.get("warning", told) if share else ""


def _who_counts(asked: Asked) -> dict:
    """How many judgments of which people are left out by a researcher's decision."""
    study, selection, found = asked.study, asked.selection, asked.together
    return {
        "n_excluded": found.excluded,
        "excluded_judgments": found.excluded_judgments,
        "with_excluded": selection.with_excluded,
        "toggled": replace(selection, with_excluded=not selection.with_excluded).query,
        "n_seen": found.seen,
        "n_marked": Adjudication.objects.marked().filter(item__study=study).count() if study.adjudicator_id else 0,
        "seen_toggled": replace(selection, with_seen=not selection.with_seen).query,
    }
