from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

from api.base.problems import TITLES
from api.reading import components, made_of, sections
from common.cached import cached
from common.version import __version__

KEPT_SECONDS = 24 * 3600  # making it takes two seconds, and it changes with the version alone


class Generator(SchemaGenerator):
    """The same schema for everybody, made once."""

    def get_schema(self, request: HttpRequest | None = None, public: bool = False) -> dict:
        def make() -> dict:
            return super(Generator, self).get_schema(request=None, public=True)

        return cached(f"api-schema-{__version__}", make, KEPT_SECONDS)


class Schema(SpectacularAPIView):
    """The schema, public: it contains no data."""

    generator_class = Generator

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [OpenApiJsonRenderer]


@require_safe
@gzip_page
def docs(request: HttpRequest) -> HttpResponse:
    """The schema to be read, as pages like the others, one a part: no script is needed for them."""
    page = cached(f"api-docs-{__version__}", _page, KEPT_SECONDS)
    part = request.GET.get("part", "")
    operations = page["sections"].get(part)
    of_part = {"part": part, "operations": operations, "components": made_of(operations, page["components"])}
    return render(request, "api/docs.html", page | of_part if operations else page)


def _page() -> dict:
    schema = Generator().get_schema()
    return {"sections": sections(schema), "components": components(schema), "info": schema["info"], "problems": TITLES}
