"""A study's page on crowd work: places of its links, codes, and what a platform's file of codes is worth."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from accounts.models import Link
from accounts.requests import PersonRequest
from annotation.design.protocol import StudyRefused
from annotation.judging.crowd.codes import CODE_LENGTH, codes_check, codes_set
from annotation.judging.crowd.completion import KINDS
from annotation.judging.crowd.places import (
    MOST_PLACES,
    places_set,
    screened_out,
    screened_release,
    workers_release,
)
from annotation.judging.crowd.signatures import signing_key
from annotation.models import Demographics, Participant, Study

CSV_BYTES = 10_000_000
LABELS = {"complete": "Complete", "partial": "Partial", "screened": "Screened out"}


class CodesForm(forms.Form):
    complete, partial, screened = (
        forms.CharField(label=LABELS[kind], required=False, max_length=CODE_LENGTH) for kind in KINDS
    )


class PlacesForm(forms.Form):
    places = forms.IntegerField(required=False, min_value=1, max_value=MOST_PLACES)
    returned = forms.CharField(required=False, max_length=1_000_000)
    screened = forms.BooleanField(required=False)


class CheckForm(forms.Form):
    file = forms.FileField(label="The platform's CSV file")


@require_safe
@researcher_required
def study_crowd(request: PersonRequest, study_id: int) -> HttpResponse:
    return _page(request, get_object_or_404(Study, pk=study_id))


@require_POST
@researcher_required
def study_codes(request: HttpRequest, study_id: int) -> HttpResponse:
    study, form = get_object_or_404(Study, pk=study_id), CodesForm(request.POST)
    try:
        if not form.is_valid():
            raise StudyRefused(f"A code has at most {CODE_LENGTH} letters")
        codes_set(study=study, codes=form.cleaned_data)
        messages.success(request, "The codes are saved; kinds that are empty have generated ones.")
    except StudyRefused as refusal:
        messages.error(request, f"{refusal}.")
    return redirect("study-crowd", study.pk)


@require_POST
@researcher_required
def study_codes_check(request: PersonRequest, study_id: int) -> HttpResponse:
    study, form = get_object_or_404(Study, pk=study_id), CheckForm(request.POST, request.FILES)
    try:
        checked = codes_check(study, _lines(form))
    except StudyRefused as refusal:
        return _page(request, study, status=422, problem=str(refusal))
    return _page(request, study, checked=checked, n_right=sum(each.right for each in checked))


@require_POST
@researcher_required
def study_places(request: HttpRequest, study_id: int, link_id: int) -> HttpResponse:
    link = get_object_or_404(Link, pk=link_id, study=study_id, kind=Link.Kind.CROWD)
    form = PlacesForm(request.POST)
    try:
        if not form.is_valid():
            raise StudyRefused(f"Places are 1 to {MOST_PLACES:,}, and ids one a line")
        if places := form.cleaned_data["places"]:
            places_set(link=link, places=places)
            messages.success(request, f"The link has {places:,} places now.")
        if returned := form.cleaned_data["returned"].split():
            released, unknown = workers_release(link=link, ids=returned)
            nobody = f"; nobody came as {', '.join(unknown[:10])}" if unknown else ""
            messages.success(request, f"{released} of {len(set(returned))} places are free again{nobody}.")
        if form.cleaned_data["screened"]:
            messages.success(request, f"{screened_release(link=link):,} places of screened-out workers are free again.")
    except StudyRefused as refusal:
        messages.error(request, f"{refusal}.")
    return redirect("study-crowd", study_id)


def _page(request: PersonRequest, study: Study, status: int = 200, **more) -> HttpResponse:
    links = Link.objects.visible_to(request.user).filter(kind=Link.Kind.CROWD, study=study).order_by("pk")
    page = {
        "study": study,
        "links": [{"link": link, **_people(link)} for link in links],
        "form": CodesForm(initial=study.codes),
        "check": CheckForm(),
        "told": Demographics.objects.filter(participant__study=study).count(),
        **more,
    }
    return render(request, "studies/crowd.html", page, status=status)


def _people(link: Link) -> dict:
    places = link.participants.values_list("place", flat=True)
    counts = {name: sum(place == name for place in places) for name in Participant.Place.values}
    return counts | {
        "screened": screened_out(link).count(),
        "key": signing_key(link) if link.signature == Link.Signature.KEY else "",
    }


def _lines(form: CheckForm) -> list[str]:
    if not form.is_valid():
        raise StudyRefused("Choose the CSV file that the platform gave you")
    file = form.cleaned_data["file"]
    if file.size > CSV_BYTES:
        raise StudyRefused("The file has more than 10 MB; check it in parts")
    try:
        return file.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise StudyRefused("The file is not text in UTF-8; save it as CSV (UTF-8)") from error
