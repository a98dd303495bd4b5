"""Rows whose keys are known to hold are not looked up again; all others are, as before and after."""

from contextlib import nullcontext

import pytest
from django.db import IntegrityError, connection, transaction

from distillation.catalog.intake.indexing import keys_known
from distillation.models import Verdict

pytestmark = pytest.mark.django_db
AWAY = Verdict(intention_id=7, yes=True, reason="", raw_reply="")


def checked(*, known: bool) -> None:
    """A verdict on an intention that is not there, and the checks that a commit makes."""
    with transaction.atomic():
        with keys_known() if known else nullcontext():
            Verdict.objects.bulk_create([AWAY])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_only_within_keys_are_taken_for_known() -> None:
    checked(known=True)
    with pytest.raises(IntegrityError):
        checked(known=False)


def test_who_may_not_say_so_has_them_looked_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE tenant; GRANT INSERT ON distillation_verdict TO tenant; SET LOCAL ROLE tenant")
        with keys_known():
            cursor.execute("SHOW session_replication_role")
            assert cursor.fetchone() == ("origin",)
