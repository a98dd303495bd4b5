from typing import Any

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.base.problems import TooLong
from common.keyset import Keyset
from distillation.catalog.search import CatalogSearch, SearchTooLong, products_of


class CursorPagination(BasePagination):
    """Newest first, by key: the hundred-thousandth page costs what the first does, and new rows shift nothing."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list:
        self.request, limit = request, view.asked["limit"]
        found = list(Keyset(after=view.asked.get("cursor")).cut(queryset)[: limit + 1])
        self.next = found[limit - 1].pk if len(found) > limit else None
        return found[:limit]

    def get_paginated_response(self, data: list) -> Response:
        following = replace_query_param(self.request.build_absolute_uri(), "cursor", self.next) if self.next else None
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict) -> dict:
        following = {"type": ["string", "null"], "format": "uri", "description": "address of the next page"}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": following, "results": schema},
        }


class CatalogPagination(CursorPagination):
    """Pages as the catalog's own search finds them, 25 products each."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list:
        search: CatalogSearch = queryset
        try:
            page = search.find(Keyset(after=view.asked.get("cursor"))).page
        except SearchTooLong as error:
            raise TooLong("This search takes too long: leave out the quotation marks, or add a rarer word") from error
        self.request, self.next = request, page.next
        return products_of(page)
