"""Who is to be told of what: a notice for each person and event, made once."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from distillation.models import Worker
from webhooks.ended import Ended, alarms_on, runs_ended, studies_ended, workers_absent
from webhooks.models import Event, Notice, NoticeChoice

LATELY = timedelta(days=1)  # what ended longer ago is no news
LOOK_EACH = 30  # seconds, where no worker looks


def choice_of(person: User) -> NoticeChoice:
    """As it is kept, else as it is proposed; not saved."""
    return NoticeChoice.objects.filter(person=person).first() or NoticeChoice(person=person)


def choice_save(*, person: User, in_browser: bool, by_email: bool, own_only: bool) -> None:
    chosen = {"in_browser": in_browser, "by_email": by_email, "own_only": own_only}
    NoticeChoice.objects.update_or_create(person=person, defaults=chosen)


def notices_announce() -> int:
    """Make the notices of what has ended, rings or is absent, unless they are there; how many are new."""
    news = [ended for ended in _news() if ended.at >= timezone.now() - LATELY]
    people = _people() if news else []
    wanted = [
        _notice(person, choice, ended)
        for ended in news
        for person, choice in people
        if _concerns(ended, person, choice)
    ]
    before = Notice.objects.count() if wanted else 0
    Notice.objects.bulk_create(wanted, ignore_conflicts=True)
    return Notice.objects.count() - before if wanted else 0


def notices_look() -> None:
    """Where no worker is alive to look, pages that are open do, now and then."""
    if not Worker.objects.alive().exists() and cache.add("notices-look", True, LOOK_EACH):
        notices_announce()


def notices_read(*, person: User) -> None:
    Notice.objects.filter(person=person).unread().update(read_at=Now())


def _news() -> Iterator[Ended]:
    finished = Notice.objects.filter(event=Event.STUDY_FINISHED).values_list("key", flat=True).distinct()
    told = {int(key.split()[0]) for key in finished}
    yield from runs_ended(since=timezone.now() - LATELY)
    yield from alarms_on()
    yield from studies_ended(told=told)
    yield from workers_absent()


def _people() -> list[tuple[User, NoticeChoice]]:
    roles = Q(role__in=(User.Role.RESEARCHER, User.Role.ADMINISTRATOR)) | Q(is_superuser=True)
    people = list(User.objects.filter(roles, is_active=True))
    kept = NoticeChoice.objects.in_bulk([person.pk for person in people])
    return [(person, kept.get(person.pk) or NoticeChoice(person=person)) for person in people]


def _concerns(ended: Ended, person: User, choice: NoticeChoice) -> bool:
    wants = choice.in_browser or choice.by_email
    return wants and (not choice.own_only or ended.owner in (None, person.pk))


def _notice(person: User, choice: NoticeChoice, ended: Ended) -> Notice:
    words, path = _told(ended)
    is_mailed = choice.by_email and person.email and settings.EMAIL_HOST
    mail = Notice.Mail.WAITING if is_mailed else Notice.Mail.NONE
    return Notice(
        person=person, event=ended.event, key=ended.key[:200], words=words[:500], path=path, mail=mail,
        in_browser=choice.in_browser,
    )  # fmt: skip


def _told(ended: Ended) -> tuple[str, str]:
    """One line, and the page that it leads to."""
    told = ended.payload
    match ended.event:
        case Event.RUN_FINISHED:
            return f"The run {told['run']} is done.", reverse("run-detail", args=[told["run"]])
        case Event.RUN_ALARM:
            return f"An alarm rings in the run {told['run']}: {told['words']}", reverse(
                "run-detail", args=[told["run"]]
            )
        case Event.STUDY_FINISHED:
            words = f"The study {told['study']} has all its {told['judgments']:,} judgments."
            return words, reverse("study", args=[told["id"]])
    words = (
        f"The worker {told['worker']} is absent while a run goes on. Nothing is lost; another one takes its work up."
    )
    return words, reverse("run-list")
