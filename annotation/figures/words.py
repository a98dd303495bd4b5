"""Figures formatted for people."""

from collections.abc import Callable

from common.words import percent
from stats.estimate import Estimate

Form = Callable[[float | None], str]


def whole_percent(share: float | None) -> str:
    return percent(share, 0)


def plain(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def points(difference: float | None) -> str:
    """Of per cent."""
    return plain(None if difference is None else 100 * difference, 1)


def fine(value: float | None) -> str:
    """To the thousandth."""
    return plain(value, 3)


def large(n: int) -> str:
    """With thin spaces, which can't be taken for a decimal point."""
    return f"{n:,}".replace(",", "\u202f")


def interval(ci95: tuple[float, float] | None, form: Callable[[float], str]) -> str:
    if not ci95:
        return ""
    low, high = (form(bound) for bound in ci95)
    return f"{low.removesuffix(' %')}{' to ' if '−' in low else '–'}{high}"


def fitting(figure: Estimate) -> Form:
    """A decimal of a per cent says something only where there are about a hundred units."""
    return percent if figure.n >= 100 else whole_percent


def because(figure: Estimate) -> str:
    """Why there is no value, or no interval."""
    return figure.reason or ("" if figure.ci95 else figure.note or "no interval: all say the same")


def sampled(part: int) -> str:
    """How old they may be `Asked.once_in_a_while` decides."""
    if part == 1:
        return ""
    return f" From the judgments of 1 in {part} items, as there are so many, read again every quarter of an hour or so."
