"""The one page of administration: services, storage, lock-outs, tokens."""

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_administrator(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def test_it_leads_everywhere_and_tells_of_services(as_administrator: Client) -> None:
    shown = as_administrator.get(reverse("administration")).content.decode()
    for name in ("people-list", "people-links", "webhooks", "people-trail", "metrics"):
        assert reverse(name) in shown
    assert "none is running; start one with manage.py worker" in shown


def test_a_name_that_failed_is_let_off(as_administrator: Client) -> None:
    AccessAttempt.objects.create(
        username="anna", ip_address="10.0.0.1", failures_since_start=5, attempt_time=timezone.now()
    )
    assert "anna" in as_administrator.get(reverse("administration")).content.decode()
    as_administrator.post(reverse("lockout-end"), {"name": "anna"})
    assert not AccessAttempt.objects.exists()
