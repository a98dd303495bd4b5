"""The audit trail: who did what, written beside the deed in its transaction; after it as a line of JSON too."""

import fcntl
import json
import logging
import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import Deed, User

MOST_BYTES, KEPT = 5_000_000, 10  # of one file; files that were put aside

log = logging.getLogger(__name__)


def deed_record(
    *, kind: Deed.Kind, by: User | None, person: User | None = None, about: str = "", **details: object
) -> None:
    """`details` are numbers and words of the product; names of people and what was typed stay out."""
    deed = Deed.objects.create(kind=kind, by=by, person=person, about=about[:200], details=details)
    transaction.on_commit(lambda: _tell(deed))


def _tell(deed: Deed) -> None:
    """The deed is done and in the database, whatever becomes of the file."""
    if settings.AUDIT_LOG is None:
        return
    try:
        line_add(settings.AUDIT_LOG, deed_as_json(deed))
    except OSError as error:
        log.warning("%s can't be written (%s): deed %s stands in the trail only", settings.AUDIT_LOG, error, deed.pk)


def deed_as_json(deed: Deed) -> str:
    """People by the numbers of their accounts: files outlive an erasure, and nothing leads from these to anybody."""
    told = {
        "at": deed.at.isoformat(timespec="milliseconds"),
        "deed": deed.pk,
        "kind": str(deed.kind),
        "by": deed.by_id,
        "person": deed.person_id,
        "about": deed.about,
        "details": deed.details,
    }
    return json.dumps(told, ensure_ascii=False)


def line_add(path: Path, line: str, *, most: int = MOST_BYTES, kept: int = KEPT) -> None:
    """One process at a time, so that no line is torn and the file is put aside once when it is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f"{path.name}.lock"), "ab", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and path.stat().st_size >= most:
            _put_aside(path, kept)
        with open(path, "a", encoding="utf-8", opener=_private) as file:
            file.write(f"{line}\n")


def _put_aside(path: Path, kept: int) -> None:
    places = [path, *(path.with_name(f"{path.name}.{n}") for n in range(1, kept + 1))]
    for older, newer in zip(reversed(places), reversed(places[:-1]), strict=False):
        if newer.exists():
            newer.replace(older)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
