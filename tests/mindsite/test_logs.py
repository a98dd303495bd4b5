"""Lines of the log: JSON for programs, which request it was, one line for a database that is away."""

import json
import logging

from psycopg_pool import PoolTimeout

from mindsite.logs import Context, JsonFormatter, request_id


def record(message: str, error: Exception) -> logging.LogRecord:
    made = logging.LogRecord("web", logging.ERROR, __file__, 1, message, None, (type(error), error, None))
    token = request_id.set("abc12345")
    Context().filter(made)
    request_id.reset(token)
    return made


def test_a_line_is_an_object_that_names_its_request_and_no_secret() -> None:
    said = json.loads(
        JsonFormatter().format(record("GET /accounts/join/a-secret/ failed", ValueError("ms_" + "x" * 32)))
    )
    assert said["message"] == "GET /accounts/join/…/ failed"
    assert (said["level"], said["request_id"]) == ("ERROR", "abc12345")
    assert said["traceback"].endswith("ValueError: ms_…")


def test_a_database_that_is_away_is_one_line() -> None:
    said = json.loads(JsonFormatter().format(record("Internal Server Error: /", PoolTimeout("too late\nsee there"))))
    assert said["message"] == "Internal Server Error: /: the database can't be reached or can't write (too late)"
    assert "traceback" not in said
