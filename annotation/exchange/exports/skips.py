"""Items that annotators could not judge, and why: a CSV of its own, as a skip is no judgment."""

from collections.abc import Iterator

from django.db import connection

from annotation.exchange.exports.rows import ISO
from annotation.models import Study
from common.copying import inert, joined
from common.counting import included_sql

COLUMNS = {
    "study": inert("%(name)s::text"),
    "item": "s.item_id",
    "intention_id": "i.intention_id",
    "run": inert("r.name"),
    "relation": "i.relation",
    "category": inert("i.category"),
    "annotator": inert("p.pseudonym"),
    "reason": "s.reason",
    "counts": f"({included_sql()})::text",
    "skipped_at": ISO.format("s.created_at"),
    "offered_again_at": ISO.format("s.offered_at"),
}
_FROM = """
    FROM annotation_skip s
    JOIN annotation_participant p ON p.id = s.participant_id
    JOIN annotation_item i ON i.id = s.item_id
    JOIN distillation_run r ON r.id = i.run_id
    WHERE i.study_id = %(study)s AND i.gold IS NULL ORDER BY i.id, s.id
"""


def skips_csv(study: Study) -> Iterator[bytes]:
    cells = ", ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
    with connection.cursor() as cursor:
        query = f"COPY (SELECT {cells} {_FROM}) TO STDOUT WITH (FORMAT csv, HEADER, ENCODING 'UTF8')"
        with cursor.copy(query, {"study": study.pk, "name": study.name}) as copy:
            yield from joined(iter(copy.read, b""))
