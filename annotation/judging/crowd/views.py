from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import sign_in
from accounts.links import LinkRefused
from accounts.lockout import client_address
from accounts.views import link_refused
from annotation.judging.crowd.entry import (
    DEVICE_DAYS,
    ProofNeeded,
    Worker,
    crowd_enter,
    crowd_link,
    crowd_worker,
    device_cookie,
    device_secret,
    worker_known,
)
from annotation.judging.crowd.rate import MINUTE, TooManyJoins


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def crowd_entry(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the address lets nobody in, because programs that preview links fetch it; pressing the button does."""
    try:
        if request.user.is_authenticated and not request.user.crowd_id:
            why = _("You are signed in as %(user)s: sign out, then open the link again")
            raise LinkRefused(why % {"user": request.user})
        worker = crowd_worker(request.GET, request.build_absolute_uri(request.path))
        page = {"link": crowd_link(token, worker), "platform": worker.platform}
        if request.method != "POST":
            return render(request, "registration/crowd.html", page)
        participant = crowd_enter(
            token=token,
            worker=worker,
            device=_device_of(request, worker),
            code=request.POST.get("code", ""),
            address=client_address(request) or "",
        )
    except ProofNeeded as refusal:
        return render(request, "registration/crowd.html", {**page, "proof": str(refusal)}, status=403)
    except TooManyJoins as refusal:
        answer = render(request, "registration/crowd.html", {**page, "why": str(refusal)}, status=429)
        answer["Retry-After"] = str(MINUTE)
        return answer
    except LinkRefused as refusal:
        return link_refused(request, refusal)
    sign_in(request, participant.annotator)
    answer = redirect("judge-page", participant.study_id)
    answer.set_cookie(
        device_cookie(participant.annotator),
        device_secret(participant.annotator),
        max_age=DEVICE_DAYS * 86_400,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return answer


def _device_of(request: HttpRequest, worker: Worker) -> str:
    """Who is signed in as this worker, by a researcher's link for instance, has shown who they are."""
    known = worker_known(worker)
    if known and known == request.user:
        return device_secret(known)
    return request.COOKIES.get(device_cookie(known), "")
