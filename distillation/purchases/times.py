"""When something was bought: seconds or milliseconds since 1970, or a date as ISO 8601 has it."""

from datetime import UTC, datetime

# Nothing was sold online before; files with no time have 1970.
EARLIEST = int(datetime(1995, 1, 1, tzinfo=UTC).timestamp())
MILLISECONDS_FROM = 10**11  # in seconds that were the year 5138
TOO_EARLY = "a time before 1995, such as 1970 where there is none"
FUTURE = "a time in the future"
NO_TIME = "no time that can be read"
A_DAY = 86_400  # shops' clocks and time zones differ


def seconds_of(value: object) -> int | None:
    """Since 1970; of 12 digits and more they are milliseconds. None where it can't be read."""
    if isinstance(value, str):
        value = value.strip()
        if not value.lstrip("-").isdecimal():
            return _of_iso(value)
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    return number // 1000 if abs(number) >= MILLISECONDS_FROM else number


def why_not(seconds: int | None, now: float) -> str:
    """Empty: it is a time of a purchase."""
    if seconds is None:
        return NO_TIME
    return TOO_EARLY if seconds < EARLIEST else FUTURE if seconds > now + A_DAY else ""


def _of_iso(text: str) -> int | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
