"""The page that asks people the blunt test's question."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest
from common.refusals import Refused
from research.experiments.blunt.asking import SAMPLE, asks, followed_save, next_for
from research.experiments.side_by_side import pictures_seen
from research.models import Arm, Followed


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def followed_ask(request: PersonRequest, arm_id: int) -> HttpResponse:
    """Names neither run nor arm nor verdict, so whoever has the link may answer, annotators too."""
    arm = get_object_or_404(Arm.objects.select_related("run"), pk=arm_id)
    if not asks(arm):
        raise Http404("Only an arm with swapped pictures asks this.")
    if request.method == "POST":
        given = request.POST.get("intention", "")
        try:
            intention_id = int(given) if given.isdecimal() and len(given) < 19 else 0
            followed_save(arm=arm, intention_id=intention_id, person=request.user, kind=request.POST.get("kind", ""))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("followed-ask", arm.pk)
    intention = next_for(arm, request.user)
    page = {
        "intention": intention,
        "pictures": pictures_seen(arm.run, intention.cobuy) if intention else [],
        "kinds": [(value, label, key) for key, (value, label) in enumerate(Followed.Kind.choices, 1)],
        "done": arm.followed.filter(person=request.user).count(),
        "sample": min(SAMPLE, arm.run.intentions.count()),
    }
    return render(request, "research/followed.html", page)
