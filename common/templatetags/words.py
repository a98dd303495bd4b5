"""How days and times to judge are said on every page."""

from datetime import date, datetime

from django import template
from django.template.defaultfilters import date as formatted

from common.words import median_words

register = template.Library()


@register.filter
def day(at: date | datetime | None) -> str:
    """29 Nov 2026; of a time that is one in the page's zone."""
    return formatted(at, "j M Y")


@register.filter
def seconds(taken: float | None) -> str:
    return "–" if taken is None else median_words(taken)
