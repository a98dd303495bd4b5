"""Real PostgreSQL for every test that asks for a database: the configured one, else the embedded one."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.services import user_create
from mindsite import embedded


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    with embedded.services(say=lambda line: None):
        yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_db_setup: None) -> None:
    """The database server before the test database in it."""


@pytest.fixture
def annotator(db: None) -> User:
    return user_create(username="anna", password="correct-horse", role=User.Role.ANNOTATOR)


@pytest.fixture
def researcher(db: None) -> User:
    return user_create(username="rosa", password="correct-horse", role=User.Role.RESEARCHER)


@pytest.fixture
def administrator(db: None) -> User:
    return user_create(username="ada", password="correct-horse", role=User.Role.ADMINISTRATOR)


@pytest.fixture
def as_annotator(annotator: User) -> Client:
    client = Client()
    client.force_login(annotator)
    return client


@pytest.fixture
def as_researcher(researcher: User) -> Client:
    client = Client()
    client.force_login(researcher)
    return client
