"""NUL, which no text of PostgreSQL, no path and no form of ours has."""

import re

from django.db import DataError

REFUSED = "No address and no text here has a NUL character: leave it out."
SAID = re.compile(r"\bNUL\b|\bnull (byte|character)")


def is_about_nul(error: Exception) -> bool:
    """Of what the database driver or the file system says."""
    return isinstance(error, (DataError, ValueError)) and bool(SAID.search(str(error)))
