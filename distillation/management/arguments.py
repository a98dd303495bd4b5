"""What words after an option mean; what is wrong with them is one line."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no day; write it as 2026-01-31") from error


def whole(*, least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    def parsed(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or int(text[:20]) < least:
            raise ArgumentTypeError(f"{text} is no whole number from {least} on")
        if int(text[:20]) > most:
            raise ArgumentTypeError(f"{text[:20]} is too large; give a whole number up to {most:,}")
        return int(text)

    return parsed
