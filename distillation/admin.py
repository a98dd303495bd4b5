"""The admin looks at the catalog and the runs; writing goes through the pages and commands, which keep the rules."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from distillation.models import Product, Run


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ("asin", "title", "category", "picture_problem")
    search_fields = ("asin",)
    show_full_result_count = False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("name", "backend", "model", "state", "created_at", "progress")

    @admin.display(description="live progress")
    def progress(self, run: Run) -> str:
        return format_html('<a href="{}">Open</a>', reverse("run-detail", args=[run.name]))
