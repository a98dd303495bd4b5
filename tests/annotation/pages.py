"""The annotator's pages as a browser asks them."""

import re
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotation.models import Judgment, Lease, Study

HTMX = {"HX-Request": "true"}


def url(name: str, made: Study, *more: int) -> str:
    """The judging page past its introduction, or another page of the study."""
    return reverse(f"judge-{name}", args=[made.pk, *more]) + ("?start" if name == "page" else "")


def post(client: Client, name: str, made: Study, *, htmx: bool = True, **data) -> HttpResponse:
    return client.post(reverse(f"judge-{name}", args=[made.pk]), data, headers=HTMX if htmx else {})


def lease_of(client: Client) -> Lease:
    return Lease.objects.get(participant__annotator=client.session["_auth_user_id"])


def text(answer: HttpResponse) -> str:
    """What the page says, without its tags."""
    return " ".join(re.sub("<[^>]*>", " ", answer.content.decode()).split())


def rate(client: Client, made: Study, *, htmx: bool = True, **changes) -> HttpResponse:
    """Load the page, then send its form with yes and rather."""
    client.get(url("page", made))
    form = {"item": lease_of(client).item_id, "submission": uuid4(), "version": 1, "plausibility": 1, "typicality": 2}
    return post(client, "save", made, htmx=htmx, **{**form, **changes})


def audit(client: Client, made: Study, judgment: int | None = None, *, answer: str = "right", **more) -> HttpResponse:
    judgment = judgment or Judgment.objects.latest("pk").pk
    return post(client, "audit", made, judgment=judgment, answer=answer, **more)
