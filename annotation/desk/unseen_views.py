"""Items that were judged although a picture had failed: the offer to ask for them once more."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.access import researcher_required
from annotation.desk.leaving_out import judgments_offer_again
from annotation.models import Study
from common.keyset import keys_in


@require_POST
@researcher_required
def study_unseen_offer(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    asked = keys_in(request.POST, "judgment")
    if n := judgments_offer_again(study=study, judgments=asked):
        messages.success(request, f"{n} judged {'item is' if n == 1 else 'items are'} offered again.")
    else:
        messages.error(request, "Choose which of the items that were judged without a picture are offered again.")
    return redirect("study-skip-list", study.pk)
