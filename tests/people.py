"""Accounts for tests, as `user_create` makes them, without its questions whether name and platform's id are free."""

from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import User
from accounts.sessions import SessionStore

PASSWORD = "correct-horse"
HASHED = make_password(PASSWORD)


def person(username: str, role: User.Role = User.Role.ANNOTATOR) -> User:
    return User.objects.create(username=username, role=role, password=HASHED)


def signed_in(user: User) -> Client:
    """By one statement: Django's `force_login` takes ten, for lock-outs, the last login and a session's new key."""
    key, client = uuid4().hex, Client()
    SessionStore(key).create_model_instance(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    ).save(force_insert=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client
