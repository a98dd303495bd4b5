"""What annotators said of themselves: a CSV of its own, by pseudonym, so that judgments can be shared without it."""

from collections.abc import Iterator

from django.db import connection

from annotation.design.demographics import NAMES
from annotation.exchange.exports.rows import ISO
from annotation.models import Study
from common.copying import inert, joined
from common.counting import included_sql

COLUMNS = {
    "study": inert("%(name)s::text"),
    "annotator": inert("p.pseudonym"),
    **{name: f"coalesce(d.answers->>'{name}', '')" for name in NAMES},
    "counts": f"({included_sql()})::text",
    "answered_at": ISO.format("d.at"),
}


def demographics_csv(study: Study) -> Iterator[bytes]:
    """Empty cells were not asked; `unsaid` is what somebody preferred not to say."""
    cells = ", ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
    query = f"""
        COPY (SELECT {cells} FROM annotation_demographics d JOIN annotation_participant p ON p.id = d.participant_id
              WHERE p.study_id = %(study)s ORDER BY p.pseudonym) TO STDOUT WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
    """  # noqa: S608 - of our own columns
    with connection.cursor() as cursor, cursor.copy(query, {"study": study.pk, "name": study.name}) as copy:
        yield from joined(iter(copy.read, b""))
