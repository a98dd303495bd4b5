from django.db import transaction

from accounts.models import User


@transaction.atomic
def user_create(*, username: str, password: str, role: User.Role) -> User:
    user = User(username=username, role=role)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    return user
