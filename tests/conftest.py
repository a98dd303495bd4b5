"""Real PostgreSQL for every test that asks for a database: the configured one, else the embedded one."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import User
from accounts.services import user_create
from mindsite import embedded


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    with embedded.services(say=lambda line: None):
        yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


# Outside the tests' transactions every table is empty. Once that is on record the planner takes a join of five for one
# of no rows, and for minutes it may try every row against every other: on a slow machine, where it comes round in time.
NO_AUTOVACUUM = """
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', name);
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The database server before the test database in it, whose tables keep the statistics of new ones."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(NO_AUTOVACUUM)


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For what a module's tests only read, made once: each test is undone by itself, this after the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


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
