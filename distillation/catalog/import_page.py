"""What the page of an import shows, of whichever kind."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.words import duration
from distillation.models import FileImport

SHOWN = 100


def import_rows(imports: QuerySet) -> list[FileImport]:
    return list(imports.order_by("-pk")[:SHOWN])


def options_asked(row: FileImport) -> list[tuple[str, Any]]:
    chosen = {name: value for name, value in row.options.items() if value not in ("", None) and value is not False}
    return [(name.replace("_", " ").capitalize(), _asked(value)) for name, value in chosen.items()]


def _asked(value: Any) -> Any:
    """Of an upload its name is enough: where it lay concerns nobody."""
    if isinstance(value, str) and value.startswith(f"{settings.UPLOADS_ROOT}/"):
        return Path(value).name
    return "yes" if value is True else value


def progress_of(row: FileImport, groups: list[dict], warnings: list[str]) -> dict:
    state = [row.state, row.message, row.progress, row.account]
    return {
        "revision": hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16],
        "is_ended": row.is_ended,
        "where": _where(row),
        "took": duration((row.finished_at - row.created_at).total_seconds()) if row.finished_at else "",
        "warnings": warnings,
        "groups": [group for group in groups if group["total"]],
    }


def progress_answer(request: HttpRequest, context: dict) -> HttpResponse:
    """What the page polls; a 204 leaves it as it is."""
    if request.GET.get("revision") == context["progress"]["revision"]:
        return HttpResponse(status=204)
    return render(request, "catalog/_import_progress.html", context)


def group(label: str, total: int, parts: dict[str, int], reasons: dict[str, int], word: str) -> dict:
    """The parts add up to the total; what an unfinished import has read and not yet written is a part of its own."""
    rows = [
        *parts.items(),
        *((f"{word}: {reason}", n) for reason, n in sorted(reasons.items(), key=lambda one: -one[1])),
    ]
    rest = total - sum(n for _, n in rows)
    return {"label": label, "total": total, "parts": [*rows, *([("not written yet", rest)] if rest else [])]}


def _where(row: FileImport) -> str:
    """How far a file that is being read has been read."""
    n, line = row.progress.get("file", 0), row.progress.get("line", 0)
    if row.state != row.State.READING or n >= len(row.sources):
        return ""
    return f"{row.sources[n]['name']} (file {n + 1} of {len(row.sources)}), line {line:,}"
