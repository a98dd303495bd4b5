"""The audit trail, for administrators."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import administrator_required
from accounts.models import Deed

PAGE = 50


class TrailForm(forms.Form):
    kind = forms.ChoiceField(label="What", required=False, choices=[("", "All"), *Deed.Kind.choices])
    about = forms.CharField(label="Study, run or group", required=False, max_length=200)


@require_safe
@administrator_required
def trail(request: HttpRequest) -> HttpResponse:
    form = TrailForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    deeds = Deed.objects.for_list()
    if asked.get("kind"):
        deeds = deeds.filter(kind=asked["kind"])
    if asked.get("about"):
        deeds = deeds.filter(about__icontains=asked["about"])
    page = Paginator(deeds, PAGE).get_page(request.GET.get("page"))
    return render(request, "people/trail.html", {"form": form, "page": page})
