"""The token that Prolific adds to a secured URL: a JWT by RS256, `aud` the address of the study, `prolific` the ids.

As its documentation asks: signature by the published key of that `kid`, `exp`, `aud`, and the ids that are expected;
keys are read at least daily. https://docs.prolific.com/api-reference/well-known-endpoints/get-study-jwks
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from accounts.links import LinkRefused
from annotation.judging.crowd.signatures import EXPIRED, UNSIGNED

ISSUER = "https://www.prolific.com"
KEYS = "prolific-keys"
DAY, MINUTE, PATIENCE_S = 86_400, 60, 7


def refuse_other_token(worker_id: str, *, token: str, to: str) -> None:
    try:
        claims = _claims_of(token)
        jwt.JWTClaimsRegistry(exp={"essential": True}, iss={"essential": True, "value": ISSUER}).validate(claims)
    except ExpiredTokenError as error:
        raise LinkRefused(_(EXPIRED)) from error
    except (JoseError, ValueError, TypeError) as error:
        raise LinkRefused(_(UNSIGNED)) from error
    ids = claims.get("prolific")
    if not isinstance(ids, dict) or ids.get("PROLIFIC_PID") != worker_id:
        raise LinkRefused(_(UNSIGNED))
    if not _is_address_of(claims.get("aud"), to):
        raise LinkRefused(_("The platform has signed another address than this one: open the study from there"))


def _is_address_of(audience: object, to: str) -> bool:
    """A token for another study here, or for another site, is none for this one."""
    here = urlsplit(to)
    for each in audience if isinstance(audience, list) else [audience]:
        there = urlsplit(str(each) if "://" in str(each) else f"//{each}")
        if there.netloc == here.netloc and there.path.rstrip("/") in ("", here.path.rstrip("/")):
            return True
    return False


def _claims_of(token: str) -> dict:
    """By the keys of today; they are read anew where one has signed that is not among them, once a minute at most."""
    try:
        return jwt.decode(token, _keys(cache.get_or_set(KEYS, _keys_read, DAY)), algorithms=["RS256"]).claims
    except InvalidKeyIdError:
        if not cache.add(f"{KEYS}-anew", True, MINUTE):
            raise
        cache.set(KEYS, fresh := _keys_read(), DAY)
        return jwt.decode(token, _keys(fresh), algorithms=["RS256"]).claims


def _keys(published: Any) -> KeySet:
    return KeySet.import_key_set(published)


def _keys_read() -> dict:
    """From the address, or from a file of a server that may not reach it."""
    try:
        if settings.PROLIFIC_KEYS.startswith("https://"):
            answer = requests.get(settings.PROLIFIC_KEYS, timeout=PATIENCE_S)
            answer.raise_for_status()
            return answer.json()
        return json.loads(Path(settings.PROLIFIC_KEYS).read_text(encoding="utf-8"))
    except (requests.RequestException, OSError, ValueError) as error:
        why = _("The platform's keys can't be read just now: try again in a minute, or write to the researcher")
        raise LinkRefused(why) from error
