"""A write sent twice under one key is done once: its effects and its answer are one transaction."""

import hashlib
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import wraps
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base.problems import Conflict, Unprocessable
from api.models import ApiToken, IdempotencyRecord

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
LONGEST = 255
WAIT_MS = 10_000

Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """What was refused has written nothing, so it is forgotten and may be sent again under its key."""

    @wraps(handler)
    def once(view: Any, request: Request, *args, **kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
            raise Unprocessable(f"{HEADER}: give 1 to {LONGEST} printable ASCII characters, such as a UUID")
        with transaction.atomic():
            record = _claim(request, key)
            if record.status:
                return Response(record.body, status=record.status, headers={"Idempotent-Replayed": "true"})
            answer = handler(view, request, *args, **kwargs)
            record.status, record.body = answer.status_code, _without(answer.data, view.told_once)
            record.save(update_fields=["status", "body"])
            return answer

    once.is_idempotent = True  # type: ignore[attr-defined]  # for the schema to see
    return once


def _without(told: Any, once: Collection[str]) -> Any:
    """A secret is not stored to be told again."""
    return {name: "" if name in once else value for name, value in told.items()} if once else told


def _claim(request: Request, key: str) -> IdempotencyRecord:
    """The record under the key, made now or found; it is the caller's until the transaction ends."""
    token = request.auth if isinstance(request.auth, ApiToken) else None
    user = cast(User, request.user)  # whoever may write has signed in
    mine = IdempotencyRecord.objects.filter(user=user, token=token)
    old = mine.filter(created_at__lt=timezone.now() - KEPT).select_for_update(skip_locked=True)
    IdempotencyRecord.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    digest = _digest(request)
    _insert(IdempotencyRecord(user=user, token=token, key=key, request_hash=digest))
    record = mine.get(key=key)
    if record.request_hash != digest:
        raise Unprocessable(f"{HEADER} {key}: another request has come under it; use a new key for each")
    return record


def _insert(record: IdempotencyRecord) -> None:
    """Where another request has just done so, the unique constraint holds this one until that one has ended."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
            IdempotencyRecord.objects.bulk_create([record], ignore_conflicts=True)
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Conflict("The same request is still being worked on; ask again in a while under the same key") from error


def _digest(request: Request) -> str:
    told = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(told).hexdigest()
