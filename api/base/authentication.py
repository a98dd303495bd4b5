from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from api.models import ApiToken
from api.tokens.services import token_find


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        # Headers come as Latin-1, so no letter of it is one that UTF-8 can't write.
        token = token_find(secret.strip())
        if token is None:
            raise AuthenticationFailed(
                "This token is not known, has expired or was revoked: make another under /api-tokens/"
            )
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Mindsite"'
