"""Programs that ask the API."""

from datetime import timedelta

from django.test import Client

from accounts.models import User
from api.models import Scope
from api.tokens.services import scopes_of, token_create

JSON = "application/json"
DAY = timedelta(days=1)


def program(owner: User, *scopes: Scope) -> Client:
    """With a token of these scopes, or of all that the owner's role has a use for."""
    secret = token_create(owner=owner, name="test", scopes=scopes or scopes_of(owner), valid=DAY)[1]
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(client: Client, address: str, /, *, key: str = "", method: str = "post", **body):
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, method)(f"/api/v1/{address}", body, content_type=JSON, headers=headers)


def take(client: Client, study_id: int) -> dict:
    return send(client, f"studies/{study_id}/next").json()


def judge(client: Client, study_id: int, submission: str, **more):
    """What comes next, rated yes and rather."""
    found = take(client, study_id)
    rated = {
        "item": found["item"]["id"],
        "version": found["version"],
        "submission": submission,
        "plausibility": 1,
        "typicality": 2,
        **more,
    }
    return send(client, f"studies/{study_id}/judgments", **rated)
