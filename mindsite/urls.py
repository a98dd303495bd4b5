from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accounts.views import home
from mindsite import administration, monitoring

handler403 = "mindsite.language.not_allowed"
handler404 = "mindsite.language.not_found"
handler500 = "mindsite.guards.fault"

urlpatterns = [
    path("", home, name="home"),
    path("judge/", include("annotation.judging.urls")),
    path("accounts/", include("accounts.urls")),
    path("people/", include("accounts.people_urls")),
    path("crowd/", include("annotation.judging.crowd.urls")),
    path("api/v1/", include("api.urls")),
    path("api-tokens/", include("api.page_urls")),
    path("", include("distillation.urls")),
    path("", include("annotation.urls")),
    path("knowledge/", include("knowledge.urls")),
    path("research/", include("research.urls")),
    path("webhooks/", include("webhooks.urls")),
    path("notices/", include("webhooks.notices.urls")),
    path("healthz", monitoring.healthz, name="healthz"),
    path("readyz", monitoring.readyz, name="readyz"),
    path("metrics", monitoring.metrics, name="metrics"),
    path("administration/", administration.administration, name="administration"),
    path("administration/lockouts", administration.lockout_end, name="lockout-end"),
]
if settings.STOCK_ADMIN:
    urlpatterns.append(path("admin/", admin.site.urls))
