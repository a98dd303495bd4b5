"""Who takes part: researchers look after annotators, administrators after everybody."""

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import administrator_required, researcher_required
from accounts.forms import GroupsForm, NewPasswordForm, SearchForm
from accounts.models import Deed, User
from accounts.requests import PersonRequest
from accounts.services import (
    PeopleRefused,
    group_create,
    group_delete,
    person_deactivate,
    person_reactivate,
    person_set_groups,
)
from accounts.trail import deed_record

PAGE = 50


@require_safe
@researcher_required
def people_list(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = User.objects.visible_to(request.user).matching(asked.get("q", ""))
    if asked.get("group"):
        found = found.filter(groups=asked["group"])
    page = Paginator(found.prefetch_related("groups").order_by("username"), PAGE).get_page(request.GET.get("page"))
    return render(request, "people/list.html", {"form": form, "page": page, "asked": asked})


@require_safe
@researcher_required
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    who = person_of(request, person_id)
    groups = GroupsForm(initial={"groups": who.groups.all()})
    return render(request, "people/person.html", {"person": who, "groups": groups})


@require_POST
@researcher_required
def person_state(request: PersonRequest, person_id: int) -> HttpResponse:
    who = person_of(request, person_id)
    try:
        match request.POST.get("to"):
            case "deactivated":
                person_deactivate(person=who, by=request.user)
            case "active":
                person_reactivate(person=who, by=request.user)
            case _:
                raise PeopleRefused("An account can be deactivated or reactivated; use the button of the page")
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("people-person", person_id)


@require_POST
@researcher_required
def person_groups(request: PersonRequest, person_id: int) -> HttpResponse:
    who, form = person_of(request, person_id), GroupsForm(request.POST)
    if form.is_valid():
        person_set_groups(person=who, groups=form.cleaned_data["groups"], by=request.user)
        messages.success(request, "The groups are saved.")
    else:
        messages.error(request, "One of these groups is gone; choose again.")
    return redirect("people-person", person_id)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def person_password(request: PersonRequest, person_id: int) -> HttpResponse:
    who = person_of(request, person_id)
    form = NewPasswordForm(who, request.POST or None)
    if form.is_valid():
        form.save()
        deed_record(kind=Deed.Kind.PERSON_PASSWORD, by=request.user, person=who)
        messages.success(request, f"{who} has a new password and is signed out everywhere, API tokens too.")
        return redirect("people-person", person_id)
    return render(request, "people/password.html", {"person": who, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def groups(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            group_create(name=request.POST.get("name", ""))
        except PeopleRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("people-groups")
    annotators = Count("user", filter=Q(user__role=User.Role.ANNOTATOR))
    shown = Group.objects.annotate(annotators=annotators).prefetch_related("studies").order_by("name")
    return render(request, "people/groups.html", {"groups": shown})


@require_POST
@researcher_required
def group_remove(request: HttpRequest, group_id: int) -> HttpResponse:
    try:
        group_delete(group=get_object_or_404(Group, pk=group_id))
    except PeopleRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("people-groups")


def person_of(request: HttpRequest, person_id: int) -> User:
    return get_object_or_404(User.objects.visible_to(request.user), pk=person_id)
