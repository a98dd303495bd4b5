"""What annotators said of themselves, for download."""

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.models import Deed
from accounts.requests import PersonRequest
from accounts.trail import deed_record
from annotation.exchange.exports.demographics import demographics_csv
from annotation.models import Study


@require_safe
@researcher_required
def study_demographics(request: PersonRequest, study_id: int) -> StreamingHttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    name = f"{slugify(study.name) or study.pk}-demographics.csv"
    deed_record(kind=Deed.Kind.EXPORT, by=request.user, about=study.name, what="demographics", format="csv")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(demographics_csv(study), content_type="text/csv; charset=utf-8", headers=headers)
