"""The rows of the page about annotators; those that need a look come first."""

from django.db.models import Sum

from annotation.figures.opinions import MOST_AT_ONCE
from annotation.figures.words import whole_percent
from annotation.judging.quality.measures import annotators_quality
from annotation.models import Participant, Study
from common.cached import cached
from common.words import median_words
from stats.estimate import Estimate
from stats.people.annotators import Quality

State = Participant.State
ORDER = (State.PAUSED, State.ACTIVE, State.UNQUALIFIED, State.EXCLUDED)
KEPT_SECONDS = 60


def annotators_page(study: Study) -> dict:
    kept = _are_many(study)
    key = f"annotators-{study.pk}"
    quality = cached(key, lambda: annotators_quality(study), KEPT_SECONDS) if kept else annotators_quality(study)
    people = study.participants.select_related("annotator").order_by("pk")
    ordered = sorted(people, key=lambda person: ORDER.index(State(person.state)))
    rows = [{"person": person, **_shown(quality.get(person.pk)), **_doors(person)} for person in ordered]
    return {"study": study, "rows": rows, "most_at_once": MOST_AT_ONCE if kept else 0}


def _are_many(study: Study) -> bool:
    """Each is read for these figures: of so many not anew for everybody who looks."""
    judged = study.participants.aggregate(n=Sum("n_judged", default=0))["n"]
    return judged > MOST_AT_ONCE


def _shown(quality: Quality | None) -> dict:
    if quality is None:
        return {"judgments": 0, "shares": [], "line": 0, "median": ""}
    figures = (quality.gold, quality.repeats, quality.agreement, quality.fast)
    return {
        "judgments": quality.judgments,
        "shares": [_share(figure) for figure in figures],
        "line": quality.line,
        "median": "–" if quality.median_seconds is None else median_words(quality.median_seconds),
    }


def _share(figure: Estimate) -> dict:
    if figure.value is None:
        return {"value": "–", "why": figure.reason}
    interval = "–".join(f"{100 * bound:.0f}" for bound in figure.ci95 or ())
    return {"value": whole_percent(figure.value), "interval": interval, "n": figure.n}


def _doors(person: Participant) -> dict:
    return {
        "may_pause": person.state == State.ACTIVE,
        "may_resume": person.state == State.PAUSED,
        "may_exclude": person.state != State.EXCLUDED,
    }
