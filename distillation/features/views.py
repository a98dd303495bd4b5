"""Features: searched, and thrown away in batches."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from common.words import counted
from distillation.features.services import FeatureChoice, features_discard

PAGE = 20
LIMIT = "SET LOCAL statement_timeout = 5000"  # a search reads every feature


class FeatureForm(forms.Form):
    words = forms.CharField(
        required=False, max_length=200, strip=False, label="Text", help_text="As it stands in the text or raw reply"
    )
    run = forms.CharField(required=False, max_length=100, label="Run", help_text="That asked for them")
    server = forms.CharField(required=False, max_length=300, label="Server", help_text="The beginning of its URL")
    since = forms.DateTimeField(required=False, label="Since", widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.DateTimeField(required=False, label="Before", widget=forms.DateInput(attrs={"type": "date"}))

    @property
    def choice(self) -> FeatureChoice:
        return FeatureChoice(**self.cleaned_data)


@require_safe
@researcher_required
def feature_list(request: HttpRequest) -> HttpResponse:
    form = FeatureForm(request.GET)
    if not form.is_valid():
        return render(request, "features/list.html", {"form": form}, status=400)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMIT)
            found = form.choice.features()
            newest = found.select_related("product", "run").order_by("-pk")
            page = Paginator(newest, PAGE).get_page(request.GET.get("page"))
            page.object_list = list(page.object_list)  # while its time is limited
            context = {"form": form, "page": page, "chosen": {name: request.GET.get(name, "") for name in form.fields}}
    except OperationalError:
        return render(request, "features/list.html", {"form": form, "problem": "That takes too long."}, status=503)
    return render(request, "features/list.html", {**context, "is_all": form.choice.is_all})


@require_POST
@researcher_required
def feature_discard(request: HttpRequest) -> HttpResponse:
    form = FeatureForm(request.POST)
    if not form.is_valid() or form.choice.is_all:
        messages.error(request, "Nothing was thrown away: choose some of the features first.")
    else:
        n = features_discard(choice=form.choice)
        messages.success(request, f"Thrown away: {counted(n, 'feature')}. Runs that need them ask again.")
    return redirect(reverse("feature-list"))
