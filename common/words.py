"""Numbers and days formatted for people."""

from datetime import date

from django.utils.translation import gettext as _


def percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours or minutes:
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
    return f"{rest} s" if rest else median_words(0)


def median_words(seconds: float) -> str:
    """Under a second the digits would say more than the clock of a page knows."""
    return _("under 1 s") if seconds < 1 else f"{seconds:.1f} s"


def day_words(at: date) -> str:
    return f"{at:%-d %b %Y}"


def counted(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def large(n: int) -> str:
    return f"{n:,}" if n < 1_000_000 else f"{n / 1e6:,.1f} million"


def dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def price(amount: float) -> str:
    """With the fractions of a cent that a price may have."""
    return dollars(amount) if amount == round(amount, 2) else f"${amount:g}"
