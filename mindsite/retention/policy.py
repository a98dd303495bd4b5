"""What nobody needs any more, and after how long it goes. Judgments, runs, people and the trail are none of it.

Deliveries of webhooks and notices stay: they are how it is known what was told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Session
from api.base.idempotency import KEPT
from api.models import ApiToken, IdempotencyRecord
from distillation.models import Picture, PictureSource, Product, RunProduct, TreatedPicture
from distillation.uploads.services import uploads_expire, uploads_expired
from mindsite.retention.ticks import ticks_fold, ticks_to_fold

TOKENS, ATTEMPTS, TREATED = timedelta(days=90), timedelta(days=30), timedelta(days=30)
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Policy:
    what: str
    count: Callable[[], int]
    clear: Callable[[], int]


def _rows(what: str, found: Callable[[], QuerySet]) -> Policy:
    return Policy(what, lambda: found().count(), lambda: _deleted(found))


def _deleted(found: Callable[[], QuerySet]) -> int:
    """In many short transactions: nobody who comes meanwhile waits for it."""
    n = 0
    while keys := list(found().values_list("pk", flat=True)[:AT_ONCE]):
        n += found().model._default_manager.filter(pk__in=keys).delete()[0] and len(keys)
    return n


def _ago(age: timedelta) -> datetime:
    return timezone.now() - age


def _sessions() -> QuerySet:
    return Session.objects.filter(expire_date__lt=timezone.now())


def _tokens() -> QuerySet:
    old = _ago(TOKENS)
    return ApiToken.objects.filter(Q(revoked_at__lt=old) | Q(expires_at__lt=old))


def _idempotency() -> QuerySet:
    return IdempotencyRecord.objects.filter(created_at__lt=_ago(KEPT))


def _attempts() -> QuerySet:
    return AccessAttempt.objects.filter(attempt_time__lt=_ago(ATTEMPTS))


def _treated() -> QuerySet:
    """Those that no run shows any more: they can be made again of the picture that they came from."""
    shown = Exists(RunProduct.objects.filter(shown=OuterRef("picture")))
    return TreatedPicture.objects.filter(picture__created_at__lt=_ago(TREATED)).exclude(shown)


def _is_used() -> Q:
    return Q(Exists(Product.objects.filter(picture=OuterRef("pk")))) | Q(
        Exists(PictureSource.objects.filter(picture=OuterRef("pk")))
        | Exists(RunProduct.objects.filter(shown=OuterRef("pk")))
        | Exists(TreatedPicture.objects.filter(Q(picture=OuterRef("pk")) | Q(source=OuterRef("pk"))))
    )


def _treated_clear() -> int:
    n = 0
    while rows := list(_treated().select_related("picture")[:AT_ONCE]):
        for row in rows:
            _treated_delete(row)
        n += len(rows)
    return n


def _treated_delete(row: TreatedPicture) -> None:
    """Row first, file before the transaction ends: whoever stores the same bytes meanwhile waits for the row."""
    with transaction.atomic():
        row.delete()
        free = Picture.objects.select_for_update().filter(pk__in=[row.picture_id]).exclude(_is_used()).first()
        if free is not None:
            names = free.name, free.thumbnail_name
            free.delete()
            for name in names:
                default_storage.delete(name)


POLICIES = (
    _rows("sessions that have expired", _sessions),
    _rows("API tokens revoked or expired for 90 days", _tokens),
    _rows("answers kept for requests sent twice, over 24 hours old", _idempotency),
    _rows("failed sign-ins over 30 days old", _attempts),
    Policy("uploads imported, or waiting for 7 days", lambda: uploads_expired().count(), uploads_expire),
    Policy("treated pictures that no run shows, over 30 days old", lambda: _treated().count(), _treated_clear),
    Policy("steps of ten seconds of runs that ended 90 days ago, into hours", ticks_to_fold, ticks_fold),
)


def cleared(*, dry: bool) -> Iterator[tuple[str, int]]:
    for policy in POLICIES:
        yield policy.what, policy.count() if dry else policy.clear()
