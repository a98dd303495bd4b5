"""How many may come for the first time in a minute: a rush must not keep those waiting who judge already."""

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.links import LinkRefused
from accounts.models import Link

MINUTE = 60


class TooManyJoins(LinkRefused):
    """Not now: within `MINUTE` seconds it may be tried again."""


def refuse_a_rush(link: Link, address: str) -> None:
    """Counted by link and by address, in each process by itself unless the cache is shared."""
    limits = {f"link-{link.pk}": settings.CROWD_JOINS, f"from-{address}": settings.CROWD_JOINS_ADDRESS}
    for who, most in limits.items():
        if _came(f"crowd-joins-{who}") > most:
            why = _("Very many people come at this moment: wait a minute, then press the button again")
            raise TooManyJoins(why)


def _came(key: str) -> int:
    """How many by now, in the minute that the first of them began."""
    if cache.add(key, 1, MINUTE):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the minute has ended since
        return 1
