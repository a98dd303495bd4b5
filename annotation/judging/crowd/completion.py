"""The codes that annotators hand in where their work ends: researchers can check them, nobody can make one up."""

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings

from annotation.models import Kind, Participant

# Crockford's digits: no I, L, O, U, which people misread.
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans("ILO", "110")
COMPLETE, PARTIAL, SCREENED = KINDS = ("complete", "partial", "screened")
ADDRESS = "https://"


@dataclass(frozen=True, slots=True)
class EndCode:
    """`text` is to be copied, or an `address` leads back to the platform; `n` were judged."""

    kind: str
    n: int
    text: str
    address: str


def end_code(participant: Participant, kind: str) -> EndCode | None:
    """None where nothing was judged: there is nothing to be paid. Check items count for who is screened out."""
    n = n_given(participant)
    if not n and not (kind == SCREENED and participant.judgments.exists()):
        return None
    made, said = code_made(participant, kind, n), participant.study.codes.get(kind, "")
    said = said.replace("{code}", made).replace("{n}", str(n))
    is_address = said.startswith(ADDRESS)
    return EndCode(kind, n, "" if is_address else said or made, said if is_address else "")


def n_given(participant: Participant) -> int:
    """All that they have judged but check items."""
    return participant.judgments.exclude(kind=Kind.GOLD).count()


def code_made(participant: Participant, kind: str, n: int = 0) -> str:
    """Forty bits of an HMAC over study, participant and kind: MS-7Q4K-2FD9, of five judgments MS-7Q4K-2FD9-P5."""
    told = {COMPLETE: "completion", PARTIAL: f"partial {n}", SCREENED: "screened"}[kind]
    code = letters(f"{told} {participant.study_id} {participant.pk}", 8)
    return f"MS-{code[:4]}-{code[4:]}" + {COMPLETE: "", PARTIAL: f"-P{n}", SCREENED: "-S"}[kind]


def return_code(annotator_id: int) -> str:
    """Sixty bits, which lead back on another device."""
    code = letters(f"return {annotator_id}", 12)
    return "-".join(code[i : i + 4] for i in (0, 4, 8))


def letters(message: str, n: int) -> str:
    """Five bits each, which only this server can make."""
    digest = hmac.new(settings.SECRET_KEY.encode(), message.encode(), hashlib.sha256).digest()
    return "".join(DIGITS[byte % 32] for byte in digest[:n])


def plain(code: str) -> str:
    typed = "".join(filter(str.isalnum, code.upper())).removeprefix("MS")
    return typed.translate(MISREAD)
