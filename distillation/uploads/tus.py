"""Resumable uploads by the tus protocol 1.0.0 (tus.io): its core, and the extensions creation and termination."""

import errno
from base64 import b64decode
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from distillation.models import Upload
from distillation.uploads.services import (
    PIECE_BYTES,
    TooLarge,
    UploadRefused,
    WrongOffset,
    upload_append,
    upload_delete,
    upload_make,
)

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
Answer = Callable[[], HttpResponse]


@require_POST
@researcher_required
def upload_new(request: PersonRequest) -> HttpResponse:
    def make() -> HttpResponse:
        names = _metadata(request.headers.get("Upload-Metadata", ""))
        upload = upload_make(
            name=names.get("filename", ""), part=names.get("part", ""), size=_whole(request, "Upload-Length"),
            by=request.user,
        )  # fmt: skip
        return HttpResponse(status=201, headers={"Location": reverse("upload", args=[upload.pk])})

    return _answered(request, make)


@require_http_methods(["HEAD", "POST", "PATCH", "DELETE"])
@researcher_required
def upload(request: PersonRequest, upload_id: UUID) -> HttpResponse:
    """POST is for proxies that let nothing else pass: it says in a header what it means."""
    found = get_object_or_404(Upload.objects.of(request.user), pk=upload_id)
    method = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else request.method
    answers: dict[str | None, Answer] = {
        "HEAD": lambda: _where(found),
        "PATCH": lambda: _append(request, found),
        "DELETE": lambda: _delete(found),
    }
    return _answered(request, answers.get(method, _unknown))


def _answered(request: PersonRequest, answer: Answer) -> HttpResponse:
    if request.headers.get("Tus-Resumable") != VERSION:
        response = _problem(412, f"only version {VERSION} of tus is spoken here", {"Tus-Version": VERSION})
    else:
        response = _tried(answer)
    response["Tus-Resumable"] = VERSION
    response["Tus-Extension"] = "creation,termination"
    response["Tus-Max-Size"] = str(settings.UPLOAD_MAX_BYTES)
    response["Cache-Control"] = "no-store"
    return response


def _tried(answer: Answer) -> HttpResponse:
    try:
        return answer()
    except WrongOffset as error:
        return _problem(409, str(error), {"Upload-Offset": str(error.offset)})
    except TooLarge as error:
        return _problem(413, str(error))
    except UploadRefused as error:
        return _problem(422, str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _problem(507, "the server's disk is full; what came so far is kept, go on when there is room")


def _where(found: Upload) -> HttpResponse:
    return HttpResponse(headers={"Upload-Offset": str(found.offset), "Upload-Length": str(found.size)})


def _append(request: PersonRequest, found: Upload) -> HttpResponse:
    if request.content_type != PIECE_TYPE:
        return _problem(415, f"a piece is of the type {PIECE_TYPE}")
    offset, announced = _whole(request, "Upload-Offset"), int(request.META.get("CONTENT_LENGTH") or 0)
    if announced > PIECE_BYTES:
        raise TooLarge(f"a piece of more than {PIECE_BYTES:,} bytes; send smaller ones")
    # Read before the row is locked: a slow connection must not hold a transaction.
    piece = request.read(PIECE_BYTES + 1)
    if len(piece) != announced:
        return _problem(400, f"the connection broke within the piece; the upload goes on at byte {offset}")
    end = upload_append(upload=found, offset=offset, piece=piece)
    return HttpResponse(status=204, headers={"Upload-Offset": str(end)})


def _delete(found: Upload) -> HttpResponse:
    upload_delete(upload=found)
    return HttpResponse(status=204)


def _unknown() -> HttpResponse:
    return _problem(400, "say in X-HTTP-Method-Override whether HEAD, PATCH or DELETE is meant")


def _problem(status: int, words: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8", headers=headers)


def _whole(request: PersonRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UploadRefused(f"header {header}: give a whole number")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """Pairs of a name and its value in base64, with commas between them."""
    pairs = (pair.strip().partition(" ") for pair in header.split(",") if pair.strip())
    try:
        return {name: b64decode(value.strip(), validate=True).decode() for name, _, value in pairs}
    except ValueError as error:
        raise UploadRefused("header Upload-Metadata: give each value as base64 of UTF-8") from error
