"""How logs are written: for people, or a JSON object a line; what lets somebody in is left out of both."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from common.away import is_unusable_database
from mindsite.redaction import RedactingFormatter, redacted

request_id: ContextVar[str] = ContextVar("request_id", default="")


class Context(logging.Filter):
    """Which request it was; and a database that is away or full is one line, not a traceback for each who comes."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        error = record.exc_info[1] if record.exc_info else None
        if is_unusable_database(error):
            why = str(error).strip().partition("\n")[0]
            record.msg = f"{record.getMessage()}: the database can't be reached or can't write ({why})"
            record.args = None
            record.exc_info = None
        return True


class JsonFormatter(RedactingFormatter):
    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if known := getattr(record, "request_id", ""):
            said["request_id"] = known
        if record.exc_info:
            said["traceback"] = redacted(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING: to the terminal, as plain lines or JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": "mindsite.redaction.RedactingFormatter",
                "fmt": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "mindsite.logs.JsonFormatter"},
        },
        "filters": {"context": {"()": "mindsite.logs.Context"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["context"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "psycopg.pool": {"level": "ERROR"},
            # Three tasks every ten seconds with nothing to do are 50,000 lines a day.
            **{
                name: {"level": "DEBUG" if level == "DEBUG" else "WARNING"}
                for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat")
            },
            "django.server": {"handlers": [], "propagate": True},  # of runserver, which has a formatter of its own
        },
    }
