from django.urls import path, register_converter

from distillation import views


class DigestConverter:
    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(DigestConverter, "digest")

urlpatterns = [
    path("runs/", views.run_list, name="run-list"),
    path("runs/<str:name>/", views.run_detail, name="run-detail"),
    path("runs/<str:name>/progress", views.run_progress, name="run-progress"),
    path("pictures/<digest:digest>.jpg", views.picture, name="picture"),
    path("pictures/<digest:digest>-thumb.jpg", views.picture, {"thumbnail": True}, name="thumbnail"),
]
