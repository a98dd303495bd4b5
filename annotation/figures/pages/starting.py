"""What stands on a study's page before its first judgment, and how fast it goes after it."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from accounts.models import Link, User
from annotation.design.protocol import eligible
from annotation.figures.numbers import study_revision
from annotation.figures.rows.asked import Asked, is_large
from annotation.figures.rows.live import Live
from annotation.figures.rows.pace import quarters
from annotation.models import Judgment, Study

RECENT = timedelta(days=7)
DAY = timedelta(days=1)


def is_begun(study: Study, revision: str = "") -> bool:
    if revision and Asked(study, revision=revision).together.judged:
        return True
    return Judgment.objects.filter(participant__study=study).exists()


def study_start(study: Study, by: User) -> dict:
    """Ways to annotators, and what is still free to change."""
    links = Link.objects.visible_to(by).filter(study=study).order_by("-pk")
    groups = list(study.groups.order_by("name"))
    return {
        "n_people": eligible(groups),
        "groups": groups,
        "links": [link for link in links if link.state == "open"],
        "n_gold": study.items.filter(gold__isnull=False).count(),
        "n_words": len(study.guidelines.split()),
    }


def study_pace(study: Study, now: datetime | None = None, revision: str = "") -> dict | None:
    """First judgments a day over the last seven days, or since the first where that is later (and over a day at least),
    and when all are in at this pace; None where there was none."""
    now = now or timezone.now()
    is_kept = is_large(study) and not study.is_preference  # of preferences no rows are
    found = _recent_kept(study, now, revision or study_revision(study)) if is_kept else _recent(study, now)
    if found is None:
        return None
    n, days, left = found
    a_day = n / days
    goes_on = left and study.state == Study.State.OPEN
    return {"a_day": a_day, "left": left, "ends_at": now + left / a_day * DAY if goes_on else None}


def _recent(study: Study, now: datetime) -> tuple[float, float, int] | None:
    """How many judgments in how many days, and how many are left."""
    recent = Q(created_at__gte=now - RECENT)
    found = (
        Judgment.objects.firsts()
        .filter(participant__study=study)
        .aggregate(
            n=Count("pk", filter=recent), since=Min("created_at", filter=recent), older=Count("pk", filter=~recent)
        )
    )
    if not found["n"]:
        return None
    counts = study.items.sampled().aggregate(wanted=Sum("overlap", default=0), judged=Sum("n_judged", default=0))
    return (
        found["n"],
        _days(found["since"], now, is_older=found["older"] > 0),
        max(counts["wanted"] - counts["judged"], 0),
    )


def _recent_kept(study: Study, now: datetime, revision: str) -> tuple[float, float, int] | None:
    """The same of a large study, to a quarter of an hour, from what is kept; of those who are excluded none counts."""
    asked = Asked(study, revision=revision, on_page=True)
    judged = asked.together.judged
    recent = {at: n for at, n in asked.once("quarters", lambda: quarters(asked, RECENT.days)).items() if n}
    within = {at: n for at, n in recent.items() if at >= now - RECENT}
    n = sum(within.values())
    if not n:
        return None
    progress = Live(asked).judged()[1]
    return n, _days(min(within), now, is_older=n < judged), max(progress.wanted - judged, 0)


def _days(since: datetime, now: datetime, *, is_older: bool) -> float:
    return RECENT / DAY if is_older else max((now - since) / DAY, 1)
