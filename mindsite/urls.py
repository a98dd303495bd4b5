from django.contrib import admin
from django.urls import include, path

from accounts.views import home

urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("accounts.urls")),
    path("people/", include("accounts.people_urls")),
    path("crowd/", include("annotation.crowd_urls")),
    path("", include("distillation.urls")),
    path("", include("annotation.urls")),
    path("admin/", admin.site.urls),
]
