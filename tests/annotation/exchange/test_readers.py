"""Our files in the programs that they were made for."""

import io

import pytest

from accounts.models import User
from annotation.models import Study
from tests.annotation.exchange.files import exported, rows_of, study_judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(researcher: User) -> Study:
    return study_judged(researcher)


def test_pandas_takes_counts_for_truths(judged: Study) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed; see requirements-dev.txt")
    content = exported(judged)
    d = pandas.read_csv(io.BytesIO(content))
    assert d.counts.dtype == bool
    assert len(d[d.counts]) == sum(row["counts"] == "true" for row in rows_of(content)) > 0


def test_pandas_reads_semicolons_with_decimal_commas(judged: Study) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed; see requirements-dev.txt")
    d = pandas.read_csv(io.BytesIO(exported(judged, excel="semicolon")), sep=";", decimal=",", encoding="utf-8-sig")
    plain = pandas.read_csv(io.BytesIO(exported(judged)))
    assert d.columns[0] == "study"
    assert (d.p_yes == plain.p_yes).all() and (d.counts == plain.counts).all()


def test_every_cell_is_of_its_column_s_type_as_strict_readers_want(judged: Study) -> None:
    """R guesses a column's type from all its cells: one that is of another makes the whole column text."""
    for row in rows_of(exported(judged, revisions=True)):
        assert {row["counts"], row["simulated"], row["after_reveal"]} <= {"true", "false", ""}
        assert all(float(row[name]) >= 0 for name in ("p_yes", "strictness", "seconds", "active_seconds"))
        assert all(int(row[name]) >= 0 for name in ("item", "plausibility", "typicality", "revision"))
