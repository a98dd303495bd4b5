"""A file of erasures beside the database: a backup that is put back brings the older table of them, the file stays."""

import json
import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def ledger_add(*, digest: str, judgments: str, comments: str) -> None:
    line = {"digest": digest, "judgments": judgments, "comments": comments, "at": timezone.now().isoformat()}
    path: Path = settings.ERASURES_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def ledger_read(path: Path) -> list[dict[str, str]]:
    """Lines that were cut off by a crash are passed over: their erasure is in the database."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            said = json.loads(line)
            found.append({name: said[name] for name in ("digest", "judgments", "comments")})
        except (ValueError, KeyError, TypeError):
            continue
    return found
