"""What platforms sign. Prolific does, by a token. Mechanical Turk and CloudResearch sign nothing: whoever sends people
on from there can sign by a key that this server has made.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.links import LinkRefused
from accounts.models import Link
from annotation.judging.crowd.completion import letters

UNSIGNED = gettext_noop("The address is not signed by the platform: open the study from there")
EXPIRED = gettext_noop("This address is too old: open the study from the platform once more")


@dataclass(frozen=True, slots=True)
class Signed:
    """What came beside the id, and `to`: the address without its query that it came to."""

    signature: str = ""
    until: str = ""
    token: str = ""
    to: str = ""


def refuse_unsigned(link: Link, worker_id: str, said: Signed) -> None:
    if link.signature == Link.Signature.KEY:
        _refuse_other_signature(link, worker_id, said)
    elif link.signature == Link.Signature.PROLIFIC:
        from annotation.judging.crowd.tokens import refuse_other_token  # noqa: PLC0415 - a tenth of a second to load

        refuse_other_token(worker_id, token=said.token, to=said.to)


def signing_key(link: Link) -> str:
    """What researchers give to whoever signs; workers see the link's token, and never this."""
    return letters(f"signing key {link.pk}", 26)


def signature_of(link: Link, worker_id: str, until: str = "") -> str:
    """HMAC-SHA256 in hexadecimal digits of the id, and after a blank of the second since 1970 that ends it."""
    message = f"{worker_id} {until}" if until else worker_id
    return hmac.new(signing_key(link).encode(), message.encode(), hashlib.sha256).hexdigest()


def _refuse_other_signature(link: Link, worker_id: str, said: Signed) -> None:
    if not constant_time_compare(said.signature, signature_of(link, worker_id, said.until)):
        raise LinkRefused(_(UNSIGNED))
    if said.until and not (said.until.isdecimal() and int(said.until) >= time.time()):
        raise LinkRefused(_(EXPIRED))
