"""Pictures, for people who are signed in."""

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import condition, require_safe

from distillation.models import Picture

PICTURE_AGE_S = 31_536_000


def _picture_etag(request: HttpRequest, digest: str, thumbnail: bool = False) -> str:
    return f'"{digest}{"-thumb" if thumbnail else ""}"'


@require_safe
@login_required
@condition(etag_func=_picture_etag)
def picture(request: HttpRequest, digest: str, thumbnail: bool = False) -> FileResponse:
    """Addressed by content, so a browser may keep it for ever; only for who is signed in."""
    stored = get_object_or_404(Picture, digest=digest)
    try:
        file = default_storage.open(stored.thumbnail_name if thumbnail else stored.name)
    except FileNotFoundError as error:
        raise Http404("The picture's file is missing from the store.") from error
    headers = {
        "Cache-Control": f"private, max-age={PICTURE_AGE_S}, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(file, content_type="image/jpeg", headers=headers)
