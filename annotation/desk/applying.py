"""Erasures once more, after a backup from before them was put back: by a worker, within a minute, or by the command."""

from pathlib import Path

from django.db import transaction

from accounts.models import Erasure, User
from annotation.desk.erasing import erasure_digest, person_erase
from annotation.desk.ledger import ledger_read


def erasures_owed(file: Path) -> bool:
    """Whether the file knows of erasures that the database does not: it was put back from before them."""
    return not {each["digest"] for each in ledger_read(file)} <= set(Erasure.objects.values_list("digest", flat=True))


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
    chosen = ((digest, said["judgments"], said["comments"]) for digest, said in known.items())
    rows = [Erasure(digest=digest, judgments=judgments, comments=comments) for digest, judgments, comments in chosen]
    Erasure.objects.bulk_create(rows, ignore_conflicts=True)  # of those too whom this backup does not have
    return len(back)
