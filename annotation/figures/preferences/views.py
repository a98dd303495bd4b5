"""The page of a preference study, its figures as they move, and its tables as CSV."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from annotation.figures.preferences.page import preference_page, preference_table
from annotation.judging.quality.measures import rules_alarm
from annotation.models import Skip, Study

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets take a file without it for Latin-1


def preference_detail(request: HttpRequest, study: Study) -> HttpResponse:
    more = {"alarm": rules_alarm(study), "n_without_picture": Skip.objects.without_picture(study)}
    return render(request, "studies/preference.html", {**preference_page(study), **more})


def preference_polled(request: HttpRequest, study: Study) -> HttpResponse:
    """What came since the page was shown."""
    return render(request, "studies/_preferences.html", preference_page(study))


@require_safe
@researcher_required
def study_preferences_csv(request: HttpRequest, study_id: int, name: str) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_preferences(), pk=study_id)
    table = preference_table(study, name)
    if table is None:
        raise Http404(f"There is no table {name}.")
    file = f"{slugify(study.name) or study.pk}-{name}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(BYTE_ORDER_MARK + table.csv(), content_type="text/csv; charset=utf-8", headers=headers)
