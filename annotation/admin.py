from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from annotation.figures.headline import dashboard
from annotation.figures.panels.all import panels_of
from annotation.models import Study
from annotation.selection import EVERYTHING
from distillation.admin import ReadOnlyAdmin


@admin.register(Study)
class StudyAdmin(ReadOnlyAdmin):
    """A study's page has the figures of the dashboard, by its templates."""

    list_display = ("name", "state", "overlap", "simulated", "created_at", "figures")
    list_filter = ("state", "simulated")
    change_form_template = "admin/annotation/study/figures.html"

    @admin.display(description="evaluation statistics")
    def figures(self, study: Study) -> str:
        return format_html('<a href="{}">Live figures</a>', reverse("study", args=[study.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        study = self.get_object(request, object_id)
        figures = {**dashboard(study, EVERYTHING), "panels": panels_of(study)} if study else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **figures})
