"""A broker that is away is waited for, and no message in hand ends the worker."""

import logging
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel

from mindsite.broker import LONGEST_WAIT_S
from mindsite.celery import app
from mindsite.environment import broker_options


def test_messages_that_cannot_be_given_back_are_left_to_come_back(caplog: pytest.LogCaptureFixture) -> None:
    """kombu 5.7.0: a channel whose connection is gone has nothing to give them back with (AttributeError)."""
    closed = SimpleNamespace(do_restore=True, connection=None)
    assert app.connection_for_read("redis://127.0.0.1:9/0").get_transport_cls().Channel is Channel
    qos = Channel.QoS(closed)
    qos._delivered["tag"] = SimpleNamespace()
    with caplog.at_level(logging.WARNING):
        qos.restore_unacked_once()
    assert "they come back by themselves" in caplog.text


def test_a_broker_is_tried_again_after_seconds_not_after_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    waits: list[float] = []
    connection = app.connection_for_read("redis://127.0.0.1:9/0")
    with pytest.raises(OperationalError):
        connection.ensure_connection(lambda error, wait: waits.append(wait), 12)
    assert (waits[0], max(waits)) == (2, LONGEST_WAIT_S)


def test_sentinels_need_the_name_of_their_master() -> None:
    url = "sentinel://a:26379/0;sentinel://b:26379/0"
    assert broker_options(url, "mymaster")["master_name"] == "mymaster"
    with pytest.raises(ImproperlyConfigured, match="set CELERY_BROKER_MASTER"):
        broker_options(url, "")
    assert broker_options("amqp://a", "") == {"confirm_publish": True}
