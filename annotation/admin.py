from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from annotation.models import Study
from distillation.admin import ReadOnlyAdmin


@admin.register(Study)
class StudyAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "overlap", "simulated", "created_at", "figures")
    list_filter = ("state", "simulated")

    @admin.display(description="evaluation statistics")
    def figures(self, study: Study) -> str:
        return format_html('<a href="{}">Live figures</a>', reverse("study", args=[study.pk]))
