"""Pages where links that let people in are made, shown once, and revoked."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from accounts.forms import CrowdForm, InvitationForm, LinkForm, LinkListForm
from accounts.links import LinkRefused, link_make, link_revoke, sign_in_link_make
from accounts.models import Link
from accounts.people_views import PAGE, person_of
from accounts.requests import PersonRequest

CROWD_PARAMETERS = "?PROLIFIC_PID={{%PROLIFIC_PID%}}"


@require_safe
@researcher_required
def links(request: PersonRequest) -> HttpResponse:
    form = LinkListForm(request.GET)
    mine = Link.objects.visible_to(request.user)
    rows = mine.select_related("person", "group", "study", "created_by")
    made = form.chosen(rows, among=("name", "kind", "person__username", "group__name", "study__name"))
    page = Paginator(made, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "n_archived": mine.archived().count()}
    return render(request, "people/links.html", context, status=400 if form.problem else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def invite(request: PersonRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, by=request.user, initial={"study": request.GET.get("study")})
    return _made_or_asked(request, form, Link.Kind.INVITATION)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def crowd_link(request: PersonRequest) -> HttpResponse:
    form = CrowdForm(request.POST or None, initial={"places": 100, "study": request.GET.get("study")})
    return _made_or_asked(request, form, Link.Kind.CROWD)


@never_cache
@require_POST
@researcher_required
def sign_in_link(request: PersonRequest, person_id: int) -> HttpResponse:
    try:
        token = sign_in_link_make(person=person_of(request, person_id), by=request.user)
    except LinkRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("people-person", person_id)
    return _shown(request, Link.Kind.SIGN_IN, token)


@require_POST
@researcher_required
def revoke(request: PersonRequest, link_id: int) -> HttpResponse:
    link_revoke(link=get_object_or_404(Link.objects.visible_to(request.user), pk=link_id), by=request.user)
    return redirect("people-links")


def _made_or_asked(request: PersonRequest, form: LinkForm, kind: Link.Kind) -> HttpResponse:
    if not form.is_valid():
        return render(request, "people/link_new.html", {"form": form, "kind": kind})
    link, token = link_make(kind=kind, by=request.user, **form.made_of())
    return _shown(request, kind, token, link)


def _shown(request: PersonRequest, kind: Link.Kind, token: str, link: Link | None = None) -> HttpResponse:
    page = {Link.Kind.INVITATION: "join", Link.Kind.SIGN_IN: "enter", Link.Kind.CROWD: "crowd-entry"}[kind]
    address = request.build_absolute_uri(reverse(page, args=[token]))
    if kind == Link.Kind.CROWD:
        address += CROWD_PARAMETERS
    return render(request, "people/link_made.html", {"address": address, "kind": kind, "study": link and link.study})
