"""Pooled connections, as the server leaves them."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def backend_pid(wrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_connection_whose_server_has_gone_is_replaced_by_another() -> None:
    wrapper = connection.copy()
    first = backend_pid(wrapper)
    wrapper.close()  # into the pool
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    try:
        assert backend_pid(wrapper) != first
    finally:
        wrapper.close()
