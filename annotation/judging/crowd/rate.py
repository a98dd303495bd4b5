"""How many may come for the first time in a minute: a rush must not keep those waiting who judge already."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.links import LinkRefused
from accounts.models import Link
from common.limits.counting import limit_take

MINUTE = 60


class TooManyJoins(LinkRefused):
    """Not now: within `MINUTE` seconds it may be tried again."""


def refuse_a_rush(link: Link, address: str) -> None:
    """Counted by link and by address."""
    limits = {f"joins-link-{link.pk}": settings.CROWD_JOINS, f"joins-from-{address}": settings.CROWD_JOINS_ADDRESS}
    if any(limit_take(who, most, MINUTE) for who, most in limits.items()):
        raise TooManyJoins(_("Very many people come at this moment: wait a minute, then press the button again"))
