"""How logs are written: for people, or a JSON object a line; what lets somebody in is left out of both."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from common.away import is_lost_database
from mindsite.redaction import RedactingFormatter, redacted

request_id: ContextVar[str] = ContextVar("request_id", default="")


class Context(logging.Filter):
    """Which request it was; and a database that is away is one line, not a traceback for each who comes."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if record.exc_info and is_lost_database(record.exc_info[1]):
            record.msg, record.args = f"{record.getMessage()}: the database can't be reached", None
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
