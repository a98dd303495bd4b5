"""What stands on a study's page before its first judgment, and how fast it goes after it."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum
from django.utils import timezone

from accounts.models import Link, User
from annotation.design.protocol import eligible
from annotation.models import Judgment, Study

RECENT = timedelta(days=7)
DAY = timedelta(days=1)


def is_begun(study: Study) -> bool:
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


def study_pace(study: Study, now: datetime | None = None) -> dict | None:
    """First judgments a day over the last seven days, or since the first where that is later (and over a day at least),
    and when all are in at this pace; None where there was none."""
    now = now or timezone.now()
    firsts = Judgment.objects.firsts().filter(participant__study=study)
    recent = firsts.filter(created_at__gte=now - RECENT).aggregate(n=Count("pk"), since=Min("created_at"))
    if not recent["n"]:
        return None
    is_older = firsts.filter(created_at__lt=now - RECENT).exists()
    a_day = recent["n"] / (RECENT / DAY if is_older else max((now - recent["since"]) / DAY, 1))
    counts = study.items.sampled().aggregate(wanted=Sum("overlap", default=0), judged=Sum("n_judged", default=0))
    left = max(counts["wanted"] - counts["judged"], 0)
    goes_on = left and study.state == Study.State.OPEN
    return {"a_day": a_day, "left": left, "ends_at": now + left / a_day * DAY if goes_on else None}
