"""Time and category of a study: the page, and its tables as CSV."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from annotation.figures.periods.numbers import MEASURES
from annotation.figures.periods.page import BY, drift_table, measure_table, periods_of, periods_page
from annotation.models import Study

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets take a file without it for Latin-1


@require_safe
@researcher_required
def study_periods(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    asked = request.GET.get("by", "year")
    by = asked if asked in BY else "year"
    return render(request, "studies/periods.html", periods_page(study, by))


@require_safe
@researcher_required
def study_periods_csv(request: HttpRequest, study_id: int, by: str, name: str) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    if by not in BY or name not in (*MEASURES, "drift"):
        raise Http404(f"There is no table {name} by {by}.")
    found = periods_of(study, by)
    if name == "drift" and not found.drift:
        raise Http404("The study has one run: nothing to drift from.")
    table = drift_table(found) if name == "drift" else measure_table(found, name)
    file = f"{slugify(study.name) or study.pk}-{by}-{name}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(BYTE_ORDER_MARK + table.csv(), content_type="text/csv; charset=utf-8", headers=headers)
