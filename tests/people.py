"""Accounts for tests, as `user_create` makes them, without its questions whether name and platform's id are free."""

from django.contrib.auth.hashers import make_password

from accounts.models import User

PASSWORD = "correct-horse"
HASHED = make_password(PASSWORD)


def person(username: str, role: User.Role = User.Role.ANNOTATOR) -> User:
    return User.objects.create(username=username, role=role, password=HASHED)
