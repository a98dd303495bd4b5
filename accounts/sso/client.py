"""Mindsite as a client of one OpenID provider, by Authlib: it checks signature, issuer, audience, nonce and times."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_noop

from common.refusals import Refused

if TYPE_CHECKING:
    from authlib.integrations.django_client import DjangoOAuth2App

PATIENCE_S = 10
NOT_REACHED = gettext_noop("%(name)s does not answer just now; try again in a minute, or ask whoever runs this site")


class SsoRefused(Refused):
    """Why the provider's answer lets nobody in, in one line for the person."""


def provider() -> "DjangoOAuth2App":
    """With the provider's description, read anew: sign-ins are rare, and keys and addresses change.

    OSError (of requests) or ValueError where it can't be had.
    """
    from authlib.integrations.django_client import OAuth  # noqa: PLC0415 - only where single sign-on is set up

    issuer = settings.OIDC_ISSUER.rstrip("/")
    client = OAuth().register(
        "sso",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET or None,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.OIDC_SCOPES,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if settings.OIDC_CLIENT_SECRET else "none",
            "default_timeout": PATIENCE_S,
        },
    )
    described = client.load_server_metadata()
    if described.get("issuer", "").rstrip("/") != issuer:
        raise ValueError(f"{issuer} describes itself as {described.get('issuer')!r}")
    signed = described.get("id_token_signing_alg_values_supported", ["RS256"])
    described["id_token_signing_alg_values_supported"] = [name for name in signed if name != "none"]
    return cast("DjangoOAuth2App", client)


def claims_of(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """What the provider says of whoever comes back from it, checked, and the signed token itself."""
    client = provider()
    essential = {"essential": True}
    token = client.authorize_access_token(
        request,
        claims_options={
            "iss": {**essential, "value": client.server_metadata["issuer"]},
            "aud": {**essential, "value": settings.OIDC_CLIENT_ID},
            "sub": essential,
            "exp": essential,
            "iat": essential,
        },
    )
    claims = dict(token.get("userinfo") or {})
    if not claims.get("sub"):
        raise ValueError("the provider sent no id_token")
    if "userinfo_endpoint" in client.server_metadata:
        more = client.userinfo(token=token)
        if more.get("sub") == claims["sub"]:
            claims = {**more, **claims}
    return claims, token["id_token"]


def sent_away(id_token: str, back: str) -> HttpResponse | None:
    """To the provider's own sign-out; None where it has none or can't be reached: here the person is signed out."""
    try:
        client = provider()
        if not client.server_metadata.get("end_session_endpoint"):
            return None
        address = client.create_logout_url(
            post_logout_redirect_uri=back, id_token_hint=id_token, client_id=settings.OIDC_CLIENT_ID
        )["url"]
    except (OSError, ValueError, RuntimeError):
        return None
    return HttpResponseRedirect(address)
