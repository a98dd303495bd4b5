"""A database that is away is said so, to people and to programs; a query of ours that fails is a fault."""

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from psycopg_pool import PoolTimeout

from common.away import away, is_lost_database


@pytest.fixture(autouse=True)
def forget() -> None:
    away._shut_until = 0.0
    yield
    away._shut_until = 0.0


def wrapped(inner: Exception) -> OperationalError:
    error = OperationalError(str(inner))
    error.__cause__ = inner
    return error


def test_what_is_a_lost_database() -> None:
    lost = [
        PoolTimeout(),
        InterfaceError(),
        wrapped(psycopg.OperationalError()),
        wrapped(psycopg.errors.AdminShutdown()),
    ]
    assert [is_lost_database(each) for each in lost] == [True] * 4
    ours = [wrapped(psycopg.errors.QueryCanceled()), wrapped(psycopg.errors.DiskFull()), ValueError(), None]
    assert [is_lost_database(each) for each in ours] == [False] * 4


@pytest.mark.parametrize("address", ["/studies/", "/api/v1/runs/"])
@pytest.mark.parametrize(
    ("error", "is_away"),
    [(PoolTimeout("couldn't get a connection after 1.50 sec"), True), (wrapped(psycopg.errors.DiskFull()), False)],
)
@pytest.mark.django_db
def test_people_and_programs_are_asked_to_come_again(
    address: str, error: Exception, is_away: bool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_connection() -> None:
        raise error

    connection.close()
    client.raise_request_exception = False
    client.cookies["sessionid"] = "a" * 32
    monkeypatch.setattr(connection, "ensure_connection", no_connection)
    answer = client.get(address, headers={"authorization": "Bearer ms_0123456789abcdef0123"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Nothing of this was saved" in answer.content.decode()
    assert away.is_known() is is_away
