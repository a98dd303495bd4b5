"""What annotators could not judge, one by one, and the offer to let them try again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from annotation.judging.quality.interventions import skips_offer_again
from annotation.models import Judgment, Skip, SkipQuerySet, Study
from common.keyset import PAGE, KeysetForm, Page, keys_in

STANDING, OFFERED = "standing", "offered"
MOST_UNSEEN = 100


class SkipsForm(KeysetForm):
    reason = forms.ChoiceField(label="Reason", required=False, choices=[("", "All"), *Skip.Reason.choices])
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "All"), (STANDING, "not offered again"), (OFFERED, "offered again")],
    )
    annotator = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, data: Any, *, study: Study) -> None:
        super().__init__(data)
        people = study.participants.filter(skips__isnull=False).distinct().order_by("pseudonym")
        self.fields["annotator"].choices = [("", "All"), *people.values_list("pk", "pseudonym")]

    def chosen(self, skips: SkipQuerySet) -> SkipQuerySet:
        asked = self.cleaned_data
        if asked["reason"]:
            skips = skips.filter(reason=asked["reason"])
        if asked["annotator"]:
            skips = skips.filter(participant=asked["annotator"])
        if asked["state"]:
            skips = skips.standing() if asked["state"] == STANDING else skips.filter(offered_at__isnull=False)
        return skips


@require_safe
@researcher_required
def study_skip_list(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    form = SkipsForm(request.GET, study=study)
    context = {"study": study, "form": form}
    if not form.is_valid():
        return render(request, "studies/skips.html", {**context, "problem": form.problem}, status=400)
    skips = form.chosen(Skip.objects.of_study(study))
    context["unseen"] = _without_picture(study)
    page = Page.at(form.keyset, lambda at: list(at.cut(skips).values_list("pk", flat=True)[: PAGE + 1]))
    found = skips.in_bulk(page.keys)
    return render(request, "studies/skips.html", {**context, "page": page, "rows": [found[key] for key in page.keys]})


def _without_picture(study: Study) -> list[Judgment]:
    """The latest hundred that were judged although a picture had failed."""
    judged = Judgment.objects.without_picture().filter(participant__study=study)
    return list(judged.select_related("item__intention", "participant").order_by("-pk")[:MOST_UNSEEN])


@require_POST
@researcher_required
def study_skips_offer(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    if n := skips_offer_again(study=study, skips=keys_in(request.POST, "skip")):
        messages.success(request, f"{n} skipped {'item is' if n == 1 else 'items are'} offered again.")
    else:
        messages.error(request, "Choose which of the skipped items are offered again; check items can't be.")
    return redirect(f"{reverse('study-skip-list', args=[study.pk])}?state={STANDING}")
