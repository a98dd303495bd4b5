from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView


class Schema(SpectacularAPIView):
    """The schema, public: it contains no data."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [OpenApiJsonRenderer]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files, so that the page's rules for content stand as they are."""
    return render(request, "api/docs.html")
