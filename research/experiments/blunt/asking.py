"""The blunt test as a question to people: does an intention speak of the titles, the pictures, both or neither?"""

from __future__ import annotations

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from distillation.models import Intention
from distillation.runs.pictures import run_treatment
from distillation.treatments import SWAPPED
from research.experiments.blunt.following import KINDS, Follows
from research.experiments.factors import ExperimentRefused
from research.models import Arm, Followed
from stats.crossed import crossed_rate
from stats.estimate import Estimate

SAMPLE, ANSWERS = 240, 3  # intentions asked about, and how many people answer each
# A sample by the hash of the id: the same for everybody.
DRAWN = """
    SELECT id FROM distillation_intention WHERE run_id = %(run)s ORDER BY hashint8extended(id, 7), id LIMIT %(sample)s
"""
NEXT = f"""
    SELECT d.id FROM ({DRAWN}) d LEFT JOIN research_followed f ON f.intention_id = d.id AND f.arm_id = %(arm)s
    GROUP BY d.id HAVING count(f.id) < %(answers)s AND count(f.id) FILTER (WHERE f.person_id = %(person)s) = 0
    ORDER BY count(f.id), hashint8extended(d.id, 7), d.id LIMIT 1
"""  # noqa: S608 - a query of our own


def asks(arm: Arm) -> bool:
    """Only where the titles and the pictures speak of different products."""
    return not arm.reading and run_treatment(arm.run) == SWAPPED


def next_for(arm: Arm, person: User) -> Intention | None:
    """The one with the fewest answers that this person has not answered; None where there is no more."""
    params = {"run": arm.run_id, "arm": arm.pk, "person": person.pk, "sample": SAMPLE, "answers": ANSWERS}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, params)
        found = cursor.fetchone()
    return Intention.objects.select_related("cobuy__a", "cobuy__b").get(pk=found[0]) if found else None


def followed_save(*, arm: Arm, intention_id: int, person: User, kind: str) -> None:
    """A second answer of the same person stands for the first: a double click changes nothing."""
    if kind not in Followed.Kind.values:
        raise ExperimentRefused(_("Answer with one of the five, by a click or the keys 1 to 5"))
    if not arm.run.intentions.filter(pk=intention_id).exists():
        raise ExperimentRefused(_("That intention is none of this arm's; nothing was saved"))
    said = {"kind": kind}
    Followed.objects.update_or_create(arm=arm, intention_id=intention_id, person=person, defaults=said)


def followed_by_people(arm: Arm) -> dict[Follows, Estimate]:
    """The share of each kind among answers that tell, an intention counting once; co-buys and people are drawn."""
    rows = arm.followed.exclude(kind=Followed.Kind.CANNOT_TELL).values_list(
        "intention__cobuy", "person", "intention", "kind"
    )
    cobuys, people, intentions, kinds = np.array(list(rows), dtype=object).reshape(-1, 4).T
    _, place, answers = np.unique(intentions.astype(np.int64), return_inverse=True, return_counts=True)
    design = cobuys.astype(np.int64), people.astype(np.int64), 1 / answers[place]
    return {kind: crossed_rate(kinds == kind, *design) for kind in KINDS}
