"""The code that an annotator hands in at the end: researchers can check it, nobody can make one up."""

import hashlib
import hmac

from django.conf import settings

from annotation.models import Participant, Study

# Crockford's digits: no I, L, O, U, which people misread.
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans("ILO", "110")


def completion_code(participant: Participant) -> str:
    """Forty bits of an HMAC over study and participant, as MS-7Q4K-2FD9."""
    message = f"completion {participant.study_id} {participant.pk}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    code = "".join(DIGITS[byte % 32] for byte in digest[:8])
    return f"MS-{code[:4]}-{code[4:]}"


def completion_find(study: Study, code: str) -> Participant | None:
    """Whose code it is, however it was typed; None if it is nobody's in this study."""
    wanted = _plain(code)
    return next((who for who in study.participants.all() if _plain(completion_code(who)) == wanted), None)


def _plain(code: str) -> str:
    letters = "".join(filter(str.isalnum, code.upper())).removeprefix("MS")
    return letters.translate(MISREAD)
