"""The judging page as annotators of a study will see it, before it opens."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.forms import StudyForm
from annotation.design.protocol import StudyRefused
from annotation.design.services import study_create
from annotation.design.views import design_page
from annotation.judging.shown import item_shown, questions_shown
from annotation.models import Study


@require_POST
@researcher_required
def study_preview_new(request: PersonRequest) -> HttpResponse:
    """Makes the study in a transaction, shows its first item, and rolls everything back."""
    form = StudyForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with transaction.atomic():
                study = study_create(**form.design(), created_by=request.user)
                page = render(request, "studies/preview.html", _preview(study))
                transaction.set_rollback(True)
                return page
        except StudyRefused as refusal:
            form.add_error(None, str(refusal))
    return design_page(request, form)


@require_safe
@researcher_required
def study_preview(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    return render(request, "studies/preview.html", _preview(study))


def _preview(study: Study) -> dict:
    item = study.items.sampled().filter(overlap__gt=0).earliest("order_key")
    return {
        "study": study,
        "state": "item",
        "item": item_shown(item.pk, True, True if study.is_preference else None),
        "questions": questions_shown(study.questions, study.typicality_after_yes),
        "progress": {"done": 0, "next": 1, "total": study.n_items},
    }
