"""Logs are read by more people than may sign in: what lets somebody in does not stand there."""

import logging
import re

LINKS = re.compile(r"((?:/|%2F)(?:accounts(?:/|%2F)(?:join|enter)|crowd)(?:/|%2F))[^/\s?&'\"%]+", re.IGNORECASE)
SECRETS = re.compile(r"\b(ms_|whsec_)[\w-]{16,}")


def redacted(text: str) -> str:
    return SECRETS.sub(r"\1…", LINKS.sub(r"\1…", text))


class RedactingFormatter(logging.Formatter):
    """Of the whole text, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
