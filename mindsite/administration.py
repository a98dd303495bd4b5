"""One page from which all is administered: services' health, storage, lock-outs, and the way to everything else."""

import shutil
from datetime import timedelta
from pathlib import Path

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import administrator_required
from accounts.models import Link, User
from api.models import ApiToken
from distillation.models import Worker
from mindsite.monitoring import PARTS
from webhooks.models import Delivery, Webhook

FAILED_SIGN_INS = 50
FAILED_SINCE = timedelta(days=1)


@require_safe
@never_cache
@administrator_required
def administration(request: HttpRequest) -> HttpResponse:
    recent = AccessAttempt.objects.filter(attempt_time__gte=timezone.now() - FAILED_SINCE).order_by("-attempt_time")
    page = {
        "parts": {name: check() for name, check in PARTS.items()},
        "workers": Worker.objects.alive().count(),
        "storage": _storage(),
        "failed": recent[:FAILED_SIGN_INS],
        "people": User.objects.filter(is_active=True).count(),
        "links": Link.objects.filter(revoked_at=None, expires_at__gt=timezone.now()).count(),
        "tokens": ApiToken.objects.usable().select_related("owner").order_by("-pk")[:FAILED_SIGN_INS],
        "webhooks": Webhook.objects.count(),
        "undelivered": Delivery.objects.filter(state=Delivery.State.FAILED).count(),
        "stock_admin": settings.STOCK_ADMIN,
    }
    return render(request, "administration.html", page)


@require_POST
@administrator_required
def lockout_end(request: HttpRequest) -> HttpResponse:
    """Forget the failed sign-ins of a name, whose owner may try again at once."""
    name = request.POST.get("name", "")
    n, _ = AccessAttempt.objects.filter(username=name).delete()
    messages.success(request, f"{name} may try again." if n else "There is no failed sign-in by that name any more.")
    return redirect("administration")


def _storage() -> list[tuple[str, str, int, int | None]]:
    """What, where, bytes that it takes (0: not counted), bytes that are free there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        database = cursor.fetchone()[0]
    places = [("Pictures", settings.MEDIA_ROOT), ("Uploads", settings.UPLOADS_ROOT)]
    return [("Database", "", database, None), *((what, str(at), 0, _free(Path(at))) for what, at in places)]


def _free(path: Path) -> int | None:
    """Of the disk on which it lies, or will lie once there is something."""
    there = next((each for each in (path, *path.parents) if each.exists()), None)
    return shutil.disk_usage(there).free if there else None
