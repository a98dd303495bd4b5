"""Which judgments count, as SQL and for the ORM."""

import pytest
from django.db import connection

from annotation.models import Judgment, Kind, Participant
from common.counting import counting_sql
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


def test_sql_and_orm_count_the_same():
    made = study(items=4, overlap=3)
    people = [participant(made, f"ann-{n}") for n in range(3)]
    for who in people:
        for kind in (Kind.ITEM, Kind.ITEM, Kind.GOLD, Kind.REPEAT):
            Judgment.objects.filter(pk=judge(who).pk).update(kind=kind)
    Participant.objects.filter(pk=people[2].pk).update(state=Participant.State.EXCLUDED)
    Participant.objects.filter(pk=people[1].pk).update(state=Participant.State.PAUSED)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id"
            f" WHERE {counting_sql()}"
        )
        by_sql = {pk for (pk,) in cursor}
    assert by_sql == set(Judgment.objects.counting().values_list("pk", flat=True))
    assert len(by_sql) == 2 * 2  # two people, two first judgments each
