from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import User
from accounts.two_factor.views import admin_sign_in

# The pages under People look after groups: where one vanished that a study names, the study would be open to everybody.
admin.site.unregister(Group)
admin.site.login = admin_sign_in  # type: ignore[method-assign]


@admin.register(User)
class MindsiteUserAdmin(UserAdmin):
    list_display = ("username", "role", "is_active", "last_login", "last_seen_at")
    list_filter = ("role", "is_active", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("role", "groups", "is_active")}),
        ("Dates", {"fields": ("last_login", "last_seen_at", "date_joined")}),
    )
    readonly_fields = ("last_seen_at",)
    add_fieldsets = ((None, {"fields": ("username", "role", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Erased under People, which keeps a line of it for older backups."""
        return False
