from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import sign_in
from accounts.links import LinkRefused
from accounts.views import link_refused
from annotation.judging.crowd.entry import crowd_enter, crowd_worker


@require_safe
@never_cache
def crowd_entry(request: HttpRequest, token: str) -> HttpResponse:
    try:
        if request.user.is_authenticated and not request.user.crowd_id:
            raise LinkRefused(f"You are signed in as {request.user}: sign out, then open the link again")
        platform, worker = crowd_worker(request.GET)
        participant = crowd_enter(token=token, platform=platform, worker=worker)
    except LinkRefused as refusal:
        return link_refused(request, refusal)
    sign_in(request, participant.annotator)
    return redirect("judge-page", participant.study_id)
