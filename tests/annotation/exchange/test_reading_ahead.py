"""Exports read ahead on a second connection, where the transaction is theirs alone: here with what is committed."""

import psycopg
import pytest
from django.db import connection

from annotation.exchange.exports import ahead
from annotation.exchange.exports import rows as export_rows
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.models import Study
from common import copying
from common.snapshot import snapshot
from tests.annotation.builders import judge, participant, study


@pytest.fixture
def made(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Eight judgments on four items, in ranges of two of them."""
    made = study(items=4, overlap=2)
    for name in ("ann-1", "ann-2"):
        who = participant(made, name)
        for _ in range(4):
            judge(who)
    monkeypatch.setattr(export_rows, "RANGE", 2)
    return made


def test_rows_read_ahead_are_those_read_one_after_the_other(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows(made, Options())
    read_ahead = b"".join(judgments_stream(rows))
    monkeypatch.setattr(ahead, "_second", lambda stack: None)
    assert read_ahead == b"".join(judgments_stream(Rows(made, Options())))
    assert rows.n_copied == read_ahead.count(b"\n") - 1 == 8


def test_what_comes_meanwhile_is_in_neither_connection_s_rows(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 100)
    stream = judgments_stream(Rows(made, Options()))
    with ahead.psycopg.connect(**connection.get_connection_params()) as other:
        first = next(stream)
        other.execute("UPDATE annotation_judgment SET comment = 'meanwhile'")
    rest = b"".join(stream)
    assert rest.count(b"\n") == 8 and b"meanwhile" not in first + rest


def test_who_breaks_off_leaves_a_connection_that_works(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 100)
    stream = judgments_stream(Rows(made, Options()))
    next(stream)
    next(stream)
    stream.close()
    assert made.items.count() == 4


def test_a_range_waits_for_who_takes_its_pieces(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = b"".join(judgments_stream(Rows(made, Options())))
    monkeypatch.setattr(copying, "CHUNK", 100)
    monkeypatch.setattr(ahead, "HELD", 1)  # of the eight pieces
    assert b"".join(judgments_stream(Rows(made, Options()))) == whole


def test_within_another_snapshot_nothing_is_read_ahead(made: Study) -> None:
    with snapshot():  # as `check_figures` has it, which exports first
        inside = b"".join(judgments_stream(Rows(made, Options())))
    assert inside == b"".join(judgments_stream(Rows(made, Options())))


def test_a_range_that_breaks_off_is_the_database_s_own_error(transactional_db: None) -> None:
    copy, counts = "COPY (SELECT 1 / (n - 3) FROM generate_series(1, %(last)s) n) TO STDOUT", []
    rows = ahead.copied_ahead(copy, [{"last": 2}, {"last": 3}], counts.append)
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(rows)
    assert counts == [2]
    assert Study.objects.count() == 0  # the connection works
