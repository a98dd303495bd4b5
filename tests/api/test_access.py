"""Every route and method of the API, and whom it serves. A new one without an entry here fails.

Researchers see all studies, those of other researchers too: that is how the pages have it.
"""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import User
from accounts.services import user_create
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start
from annotation.judging.participants import participant_get
from api.models import ApiToken
from api.urls import urlpatterns
from distillation.models import CoBuy, Intention, Picture, Product, Run
from tests.annotation.builders import judge, show_pictures, study
from tests.api.builders import JSON, program
from webhooks.models import Event, Webhook

pytestmark = pytest.mark.django_db

CALLERS = (
    "anonymous", "annotator", "other annotator", "researcher of another study", "researcher", "administrator",
)  # fmt: skip
SERVED = {
    "everybody": CALLERS,
    "who is signed in": CALLERS[1:],
    "who may judge in the study": ("annotator",),
    "who has judged": ("annotator",),
    "researchers": CALLERS[3:],
    "administrators": ("administrator",),
    "nobody": (),
}
DOORS = {
    "everybody": "schema:get docs:get",
    "who is signed in": "picture:get my-studies:get",
    "who may judge in the study": "next:post skip:post own-judgments:get own-judgments:post",
    "who has judged": "judgment:get judgment-audit:post judgment-revisions:post",
    "researchers": (
        "product-list:get product:get cobuy-list:get cobuy:get run-list:get run-list:post run:get run-status:get "
        "run-pause:post run-resume:post run-cancel:post run-retry:post intention-list:get intention:get study-list:get "
        "study-list:post study:get study:patch study-plan:post study-figures:get study-judgments:get study-export:get "
        "study-export-manifest:get run-intentions-jsonl:get run-intentions-csv:get server-check:post"
    ),
    "administrators": (
        "token-list:get token:delete webhook-list:get webhook-list:post webhook:delete webhook-deliveries:get"
    ),
    "nobody": "not-found:get",
}
OPENED_BY = {route: door for door, routes in DOORS.items() for route in routes.split()}


def methods(pattern: URLPattern) -> list[str]:
    view = getattr(pattern.callback, "cls", None)
    return [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)] or ["get"]


ROUTES = {f"{pattern.name}:{method}": pattern for pattern in urlpatterns for method in methods(pattern)}


@pytest.fixture
def callers(annotator: User, researcher: User, administrator: User) -> dict[str, Client]:
    """One study of one group; its annotator has judged in it."""
    other, another = (
        user_create(username=role, password=None, role=User.Role(role)) for role in ("annotator", "researcher")
    )
    study(name="T", created_by=another)
    people = (annotator, other, another, researcher, administrator)
    return dict(zip(CALLERS, (Client(), *map(program, people)), strict=True))


@pytest.fixture
def address(callers: dict[str, Client], annotator: User, researcher: User) -> Callable[[URLPattern], str]:
    team = Group.objects.create(name="team")
    annotator.groups.add(team)
    made = study(run=Run.objects.get(), overlap=1, groups=[team], created_by=researcher)
    judgment = judge(participant_get(study_id=made.pk, annotator=annotator))
    show_pictures()
    parts = {
        "study_id": made.pk,
        "judgment_id": judgment.pk,
        "name": made.runs.get().name,
        "asin": Product.objects.first().asin,
        "cobuy_id": CoBuy.objects.first().pk,
        "intention_id": Intention.objects.first().pk,
        "digest": Picture.objects.get().digest,
        "token_id": ApiToken.objects.first().pk,
        "export_id": export_start(study=made, options=Options())[0].pk,
        "webhook_id": Webhook.objects.create(url="https://example.org/hook", events=[Event.RUN_FINISHED]).pk,
    }
    return lambda pattern: reverse(
        f"api:{pattern.name}", kwargs={name: parts[name] for name in pattern.pattern.converters}
    )


def is_served(answer: HttpResponse) -> bool:
    """Whatever else is wrong with the request: what is not one's own is as if it were not there."""
    return answer.status_code not in (401, 403, 404)


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_serves_whom_it_is_for(
    callers: dict[str, Client], address: Callable[[URLPattern], str], route: str
) -> None:
    where, method = address(ROUTES[route]), route.split(":")[1]
    body = {} if method == "get" else {"data": {}, "content_type": JSON}
    served = [name for name, client in callers.items() if is_served(getattr(client, method)(where, **body))]
    assert served == list(SERVED[OPENED_BY[route]])


def test_the_table_names_nothing_that_is_gone() -> None:
    assert set(OPENED_BY) <= set(ROUTES)
