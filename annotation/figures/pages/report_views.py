from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from annotation.figures.reports.report import study_report
from annotation.models import Study


@require_safe
@researcher_required
def study_report_page(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    return render(request, "studies/report.html", {"study": study, "report": study_report(study)})


@require_safe
@researcher_required
def study_report_markdown(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    name = f'attachment; filename="study-{study.pk}-report.md"'
    page = {"report": study_report(study)}
    text = render_to_string("studies/report.md", page)
    headers = {"Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


@require_safe
@researcher_required
def study_report_json(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    headers = {"Content-Disposition": f'attachment; filename="study-{study.pk}-report.json"'}
    return JsonResponse(study_report(study).datasheet(), headers=headers, json_dumps_params={"indent": 1})
