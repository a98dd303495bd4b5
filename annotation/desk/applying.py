"""Erasures once more, after a backup from before them was put back."""

from pathlib import Path

from django.db import transaction

from accounts.models import Erasure, User
from annotation.desk.erasing import erasure_digest, person_erase
from annotation.desk.ledger import ledger_read


@transaction.atomic
def erasures_apply(*, file: Path) -> int:
    """By the file and by the table; how many people were erased again."""
    known = {each["digest"]: each for each in ledger_read(file)}
    for row in Erasure.objects.all():
        known.setdefault(row.digest, {"judgments": row.judgments, "comments": row.comments})
    back = [
        (person, known[digest]) for person in User.objects.iterator() if (digest := erasure_digest(person)) in known
    ]
    for person, said in back:
        person_erase(person=person, judgments=said["judgments"], comments=said["comments"], by=None)
    return len(back)
