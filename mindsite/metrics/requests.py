"""Requests by route: as Django knows it, so that no name of a run or a secret of a link is a label."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from common.metrics.counted import HTTP

METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")


def measured(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match, method = request.resolver_match, request.method
        told = method if method in METHODS else "other", match.route if match else "", str(response.status_code)
        HTTP.labels(*told).observe(time.perf_counter() - began)
        return response

    return middleware
