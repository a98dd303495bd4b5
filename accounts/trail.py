"""The audit trail: who did what. Written beside the deed, in its transaction."""

from accounts.models import Deed, User


def deed_record(
    *, kind: Deed.Kind, by: User | None, person: User | None = None, about: str = "", **details: object
) -> None:
    """`details` are numbers and words of the product; names of people and what was typed stay out."""
    Deed.objects.create(kind=kind, by=by, person=person, about=about[:200], details=details)
