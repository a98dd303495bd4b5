"""A second factor beside the password: six digits of an app (RFC 6238, by pyotp), or a code on paper, each once."""

import secrets
import time
from datetime import timedelta

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.models import Deed, TwoFactor, User
from accounts.services import sessions_end
from accounts.trail import deed_record
from common.refusals import Refused

STEP_S, AROUND = 30, 1  # a clock may be half a minute off
RECOVERY_CODES = 10
MOST_WRONG, WAIT = 10, timedelta(minutes=15)
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class CodeRefused(Refused):
    """Why a code lets nobody in, in one line."""


def is_required(user: User) -> bool:
    """By the settings, of this person's role."""
    if settings.TWO_FACTOR == "researchers":
        return user.is_researcher
    return settings.TWO_FACTOR == "administrators" and user.is_administrator


def has_two_factor(user: User) -> bool:
    return TwoFactor.objects.filter(person=user).exists()


def secret_new() -> str:
    return pyotp.random_base32()


def address_of(secret: str, person: User) -> str:
    """What the app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.username, issuer_name="Mindsite")


@transaction.atomic
def two_factor_start(*, person: User, secret: str, code: str) -> list[str]:
    """From the first right code on it is asked. The recovery codes, which can't be had again; sessions end."""
    step = _step_of(secret, code, after=0)
    if step is None:
        raise CodeRefused(
            "This is not the code that the app shows now; look at the clock of your phone, then try again"
        )
    codes = ["-".join(_letters(5) for _half in range(2)) for _each in range(RECOVERY_CODES)]
    kept = {"secret": secret, "step": step, "recovery": [_digest(person, each) for each in codes], "failures": 0}
    TwoFactor.objects.update_or_create(person=person, defaults=kept)
    sessions_end(person)
    deed_record(kind=Deed.Kind.TWO_FACTOR_SET, by=person, person=person)
    return codes


@transaction.atomic
def two_factor_remove(*, person: User, by: User) -> None:
    if TwoFactor.objects.filter(person=person).delete()[0]:
        deed_record(kind=Deed.Kind.TWO_FACTOR_REMOVED, by=by, person=person)


@transaction.atomic
def code_is_right(*, person: User, code: str) -> bool:
    """Takes the code: it is right once. Raises CodeRefused after too many wrong ones, from wherever they came."""
    known = TwoFactor.objects.select_for_update().filter(person=person).first()
    if known is None:
        return False
    if known.failures >= MOST_WRONG and known.failed_at and timezone.now() < known.failed_at + WAIT:
        raise CodeRefused(_("Too many wrong codes: wait %(minutes)s minutes") % {"minutes": WAIT.seconds // 60})
    plain = "".join(filter(str.isalnum, code))
    step, digest = _step_of(known.secret, plain, after=known.step), _digest(person, plain)
    if step is None and digest not in known.recovery:
        known.failures, known.failed_at = known.failures + 1, timezone.now()
        known.save(update_fields=["failures", "failed_at"])
        return False
    known.step, known.failures = step or known.step, 0
    known.recovery = [each for each in known.recovery if each != digest]
    known.save(update_fields=["step", "failures", "recovery"])
    return True


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The half minute that the code is of; None where it is of none around now, or of one that was taken already."""
    now, totp = int(time.time()) // STEP_S, pyotp.TOTP(secret)
    for step in range(now - AROUND, now + AROUND + 1):
        if step > after and constant_time_compare(code, totp.generate_otp(step)):
            return step
    return None


def _digest(person: User, code: str) -> str:
    """Keyed by this server's secret; fifty random bits need no slow hash."""
    plain = "".join(filter(str.isalnum, code.upper()))
    return salted_hmac(f"recovery code of {person.pk}", plain, algorithm="sha256").hexdigest()


def _letters(n: int) -> str:
    return "".join(secrets.choice(LETTERS) for _each in range(n))
