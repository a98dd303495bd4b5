"""Addresses that a platform signs: Prolific by its token, others by a key that this server has made."""

import json
import time
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from accounts.links import link_make
from accounts.models import Link, User
from annotation.judging.crowd.signatures import signature_of
from tests.annotation.builders import study

pytestmark = pytest.mark.django_db
PID = "5f2b0c1d9e8a7b6c5d4e3f2a"
IDS = {"PROLIFIC_PID": PID, "STUDY_ID": "s", "SESSION_ID": "t", "workspace_id": "w"}


@lru_cache
def key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: object) -> Path:
    """As Prolific publishes them, in a file."""
    cache.clear()
    settings.PROLIFIC_KEYS = str(tmp_path / "keys.json")
    publish(tmp_path / "keys.json", key("now"))
    return tmp_path / "keys.json"


def publish(path: Path, *keys: RSAKey) -> None:
    path.write_text(json.dumps({"keys": [each.as_dict(private=False) for each in keys]}))


def a_link(by: User, signature: str) -> tuple[Link, str]:
    more = {"valid": timedelta(days=1), "study": study(), "places": 10, "signature": signature}
    return link_make(kind=Link.Kind.CROWD, by=by, **more)


def token(path: str, kid: str = "now", **changes) -> str:
    claims = {
        "iss": "https://www.prolific.com", "aud": f"http://testserver{path}", "sub": "t", "prolific": IDS,
        "exp": int(time.time()) + 600, **changes,
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, key(kid))


def come(path: str, client: Client | None = None, **parameters) -> HttpResponse:
    return (client or Client()).post(f"{path}?{urlencode({'PROLIFIC_PID': PID, **parameters})}")


@pytest.fixture
def path(researcher: User) -> str:
    return f"/crowd/{a_link(researcher, Link.Signature.PROLIFIC)[1]}/"


def test_a_token_of_the_platform_lets_in(path: str) -> None:
    assert come(path, prolific_token=token(path)).status_code == 302
    assert (
        come(
            path, PROLIFIC_PID="other", prolific_token=token(path, prolific=IDS | {"PROLIFIC_PID": "other"})
        ).status_code
        == 302
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": 1_000}, "too old"),
        ({"exp": None}, "not signed"),
        ({"iss": "https://x.org"}, "not signed"),
        ({"prolific": IDS | {"PROLIFIC_PID": "other"}}, "not signed"),
        ({"prolific": "x"}, "not signed"),
        ({"aud": "https://elsewhere.org/crowd/"}, "another address"),
        ({"aud": "http://testserver/crowd/another/"}, "another address"),
        ({"aud": None}, "not signed"),
    ],
)
def test_what_the_token_must_say(path: str, changes: dict, why: str) -> None:
    answer = come(path, prolific_token=token(path, **changes))
    assert (answer.status_code, why in answer.content.decode()) == (403, True)
    assert not User.objects.exclude(crowd_id="").exists()


def test_the_domain_alone_may_be_the_audience(path: str) -> None:
    assert come(path, prolific_token=token(path, aud="testserver")).status_code == 302


def test_what_is_no_token_of_the_platform(path: str) -> None:
    forged = jwt.encode({"alg": "HS256", "kid": "now"}, {"prolific": IDS}, OctKey.import_key("x" * 32))
    mine = token(path)
    for each in ("", "x", "x.y.z", "é", forged, mine[:-8] + "AAAAAAAA", token(path, "next")):
        assert "not signed" in come(path, prolific_token=each).content.decode()


def test_new_keys_are_read_when_one_signs_that_is_not_known(path: str, keys: Path) -> None:
    assert come(path, prolific_token=token(path)).status_code == 302
    publish(keys, key("next"))
    answer = come(path, PROLIFIC_PID="b", prolific_token=token(path, "next", prolific=IDS | {"PROLIFIC_PID": "b"}))
    assert answer.status_code == 302


def test_keys_that_can_t_be_read_are_said_to_be_so(path: str, keys: Path) -> None:
    keys.unlink()
    answer = come(path, prolific_token=token(path))
    assert (answer.status_code, "can&#x27;t be read just now" in answer.content.decode()) == (403, True)


def test_a_replayed_address_asks_for_the_return_code(path: str) -> None:
    client, address = Client(), token(path)
    assert come(path, client, prolific_token=address).status_code == 302
    thief = Client()
    answer = come(path, thief, prolific_token=address)
    assert (answer.status_code, "return code" in answer.content.decode()) == (403, True)
    assert "_auth_user_id" not in thief.session
    assert come(path, client, prolific_token=address).status_code == 302  # the same browser


def test_a_key_s_signature_may_end(researcher: User) -> None:
    link, secret = a_link(researcher, Link.Signature.KEY)
    path, soon = f"/crowd/{secret}/", str(int(time.time()) + 60)
    mine = signature_of(link, PID, soon)
    for changes in ({"until": ""}, {"until": str(int(soon) + 60)}, {"signature": "x"}):
        answer = come(path, **{"signature": mine, "until": soon, **changes})
        assert "not signed" in answer.content.decode()
    old = come(path, signature=signature_of(link, PID, "1000"), until="1000")
    assert "too old" in old.content.decode()
    assert come(path, signature=mine, until=soon).status_code == 302
