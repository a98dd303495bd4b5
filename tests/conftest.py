"""Real PostgreSQL for every test that asks for a database: the configured one, else the embedded one."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker

from accounts.models import User
from mindsite import embedded
from tests.people import person, signed_in
from tests.sweeping import swept
from tests.template import template_made

USUAL = settings.DATABASES["default"]["NAME"]


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    with embedded.services(say=lambda line: None):
        yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture(scope="session")
def template(services: None, django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template_made()


@pytest.fixture(scope="session")
def django_db_setup(template: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The database server and the tables to copy before the test database."""
    if (name := connection.settings_dict["NAME"]) == USUAL:
        return  # none of the chosen tests needs one
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # For the processes that tests start and kill too. No test takes the current from the server's disk.
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    connection.close()
    connection.close_pool()


def pytest_collection(session: pytest.Session) -> None:
    """In a fresh checkout each worker compiles a share of the modules for all, and reads others when it collects."""
    worker, root = os.environ.get("PYTEST_XDIST_WORKER"), session.config.rootpath
    if worker is None or [Path(each).resolve() for each in session.config.args] != [root / "tests"]:
        return
    elsewhere = [root / each for each in session.config.getini("norecursedirs")]
    modules = [path for path in sorted((root / "tests").rglob("test_*.py")) if not {*elsewhere} & {*path.parents}]
    for path in modules[int(worker.removeprefix("gw")) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]:
        with suppress(Exception, pytest.skip.Exception):  # to be told when it is collected
            import_module(".".join(path.relative_to(root).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """What is imported by now stays: one look in ten of the collector's at all of it was a tenth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="module", autouse=True)
def room(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Whatever a module leaves in the tables' files and in its thread, the next one runs as if it came first."""
    yield
    translation.deactivate()  # a page in somebody's language leaves it to what this thread does next
    if connection.settings_dict["NAME"] != USUAL:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            swept(cursor)


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For what a module's tests only read, made once: each test is undone by itself, this after the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def annotator(db: None) -> User:
    return person("anna", User.Role.ANNOTATOR)


@pytest.fixture
def researcher(db: None) -> User:
    return person("rosa", User.Role.RESEARCHER)


@pytest.fixture
def administrator(db: None) -> User:
    return person("ada", User.Role.ADMINISTRATOR)


@pytest.fixture
def as_annotator(annotator: User) -> Client:
    return signed_in(annotator)


@pytest.fixture
def as_researcher(researcher: User) -> Client:
    return signed_in(researcher)
