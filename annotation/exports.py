"""Judgments out, streamed: the database writes the CSV, the server passes it on in large pieces."""

from collections.abc import Iterator

from django.db import connection

from annotation.models import Study

CHUNK = 64 * 1024

# A spreadsheet runs a cell that begins so; an apostrophe keeps it text.
FORMULA_START = r"^[=+\-@\t\r]"

_SQL = """
COPY (
    SELECT {study} AS study, j.item_id AS item, t.id AS intention_id, {run} AS run, r.backend, {model} AS model,
           {asin_a} AS asin_a, {asin_b} AS asin_b, t.relation, {text} AS intention,
           p.pseudonym AS annotator, j.plausibility, j.typicality,
           CASE v.yes WHEN true THEN 'yes' WHEN false THEN 'no' END AS verdict, v.p_yes, r.strictness,
           CASE coalesce(v.p_yes >= r.strictness, v.yes) WHEN true THEN 'kept' WHEN false THEN 'rejected' END AS filter,
           CASE j.filter_right WHEN true THEN 'right' WHEN false THEN 'wrong' END AS audit,
           nullif(j.audit_reason, '') AS audit_reason, nullif({comment}, '') AS comment,
           j.kind, p.state <> 'excluded' AND j.kind = 'item' AS counts, j.version AS study_version,
           round(j.seconds::numeric, 3) AS seconds, round(j.active_seconds::numeric, 3) AS active_seconds,
           CASE WHEN j.a_on_left THEN 'a' ELSE 'b' END AS left_product,
           {stratum} AS stratum, i.inclusion_probability, {category} AS category, s.simulated,
           {time} AS judged_at, {audit_time} AS audited_at
    FROM annotation_judgment j
    JOIN annotation_item i ON i.id = j.item_id
    JOIN annotation_study s ON s.id = i.study_id
    JOIN annotation_participant p ON p.id = j.participant_id
    JOIN distillation_intention t ON t.id = i.intention_id
    LEFT JOIN distillation_verdict v ON v.intention_id = t.id
    JOIN distillation_run r ON r.id = t.run_id
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    JOIN distillation_product a ON a.id = c.a_id
    JOIN distillation_product b ON b.id = c.b_id
    WHERE i.study_id = %s ORDER BY j.id
) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')
"""


def judgments_csv(study: Study) -> Iterator[bytes]:
    """The study's judgments as CSV, one row each, in pieces of about 64 kB; empty ratings are empty cells."""
    iso = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    inert = "regexp_replace({}, '(" + FORMULA_START + ")', '''\\1')"
    sql = _SQL.format(
        study=inert.format("s.name"),
        run=inert.format("r.name"),
        model=inert.format("r.model"),
        asin_a=inert.format("a.asin"),
        asin_b=inert.format("b.asin"),
        text=inert.format("t.text"),
        comment=inert.format("j.comment"),
        stratum=inert.format("i.stratum"),
        category=inert.format("i.category"),
        time=iso.format("j.created_at"),
        audit_time=iso.format("j.audited_at"),
    )
    pieces, size = [], 0
    with connection.cursor() as cursor, cursor.copy(sql, [study.pk]) as copy:
        for piece in copy:
            pieces.append(bytes(piece))
            size += len(piece)
            if size >= CHUNK:
                yield b"".join(pieces)
                pieces, size = [], 0
    yield b"".join(pieces)
