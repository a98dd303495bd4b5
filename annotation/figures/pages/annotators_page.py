"""The rows of the page about annotators; those that need a look come first."""

from collections import defaultdict

from django.db.models import Sum

from annotation.figures.numbers import study_revision
from annotation.figures.opinions import MOST_AT_ONCE, now_or_latest
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.slow import WAITING, Figures
from annotation.figures.words import whole_percent
from annotation.models import Participant, Study
from common.words import median_words
from stats.estimate import Estimate

State = Participant.State
ORDER = (State.PAUSED, State.ACTIVE, State.UNQUALIFIED, State.EXCLUDED)
SHARES = ("gold", "repeats", "agreement", "fast")


def annotators_page(study: Study) -> dict:
    """Of very many judgments as a worker last counted them: each is read for these figures."""
    many = (study.participants.aggregate(n=Sum("n_judged"))["n"] or 0) > MOST_AT_ONCE
    rows = Live(Asked(study, revision=study_revision(study) if many else "", on_page=True))
    found = now_or_latest(rows, {"annotators": many})["annotators"]
    by_person = _by_person(found.figures)
    people = study.participants.select_related("annotator").order_by("pk")
    ordered = sorted(people, key=lambda person: ORDER.index(State(person.state)))
    return {
        "study": study,
        "rows": [{"person": person, **_shown(by_person.get(person.pk)), **_doors(person)} for person in ordered],
        "as_of": found.as_of,
        "waiting": WAITING if many and not found.figures else "",
    }


def _by_person(figures: Figures) -> dict[int, Figures]:
    found: dict[int, Figures] = defaultdict(dict)
    for name, figure in figures.items():
        who, _, what = name.partition(" ")
        found[int(who)][what] = figure
    return found


def _shown(quality: Figures | None) -> dict:
    if quality is None:
        return {"judgments": 0, "shares": [], "line": 0, "median": ""}
    median = quality["median_seconds"].value
    return {
        "judgments": int(quality["judgments"].value or 0),
        "shares": [_share(quality[name]) for name in SHARES],
        "line": int(quality["line"].value or 0),
        "median": "–" if median is None else median_words(median),
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
