"""N-Triples (RDF 1.1): a line a fact. What JSON escapes in a text, N-Triples lets be escaped in the same way."""

from collections.abc import Iterator

from distillation.pipeline.relations import RELATIONS
from knowledge.exports.rows import ALL, AS_LINES, ENDS, Rows

BASE = "urn:mindsite:"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
XSD = "http://www.w3.org/2001/XMLSchema#"

# Signs that no IRI may hold: the whole identifier is then percent-encoded, byte by byte.
_SAFE = """CASE WHEN {0} ~ '^[A-Za-z0-9_.-]+$' THEN {0}
ELSE regexp_replace(encode(convert_to({0}, 'UTF8'), 'hex'), '(..)', '%%\\1', 'g') END"""


def ntriples(rows: Rows) -> Iterator[bytes | memoryview]:
    for code, relation in RELATIONS.items():
        yield f'{_term("relation", code)} {LABEL} "{relation.words}" .\n'.encode()
    yield from rows.copied(_run(), AS_LINES)
    yield from rows.copied(_products(rows), AS_LINES)
    yield from rows.ranges(_intentions(rows), AS_LINES)


def _run() -> str:
    subject = _iri("run", "r.name")
    facts = [
        (TYPE, f"'{_term('', 'Run')}'"),
        (LABEL, _literal("r.name")),
        (_term("", "backend"), _literal("r.backend")),
        (_term("", "model"), _literal("r.model")),
    ]
    return _each("(SELECT * FROM distillation_run WHERE id = %(run)s) r", subject, facts)


def _products(rows: Rows) -> str:
    subject = _iri("product", "p.asin")
    facts = [
        (TYPE, f"'{_term('', 'Product')}'"),
        (LABEL, _literal("p.title")),
        (_term("", "category"), _literal("nullif(p.category, '')")),
    ]
    chosen = rows.query("e.product_id", products=ENDS)
    return _each(f"(SELECT * FROM distillation_product WHERE id IN ({chosen}) ORDER BY id) p", subject, facts)  # noqa: S608


def _intentions(rows: Rows) -> str:
    facts = [
        (TYPE, f"'{_term('', 'Intention')}'"),
        (_term("", "coBuys"), _iri("product", "x.asin_a")),
        (_term("", "coBuys"), _iri("product", "x.asin_b")),
        (_term("", "relation"), f"'<{BASE}relation:' || x.relation || '>'"),
        (_term("", "text"), _literal("x.intention")),
        (_term("", "run"), _iri("run", "x.run")),
        (_term("", "verdict"), _literal("x.verdict")),
        (_term("", "probabilityOfYes"), _literal("x.p_yes", "double")),
        (_term("", "kept"), _literal("x.kept", "boolean")),
        (_term("", "humanLabel"), _literal("x.human_label")),
        (_term("", "humanPlausibleShare"), _literal("x.human_plausible", "double")),
    ]
    subject = f"'<{BASE}intention:' || x.id || '>'"
    return _each(f"({rows.query(ALL)} ORDER BY t.id) x", subject, facts)


def _each(source: str, subject: str, facts: list[tuple[str, str]]) -> str:
    """A row for each fact that is known: what is null makes the whole line null."""
    lines = ", ".join(f"({subject} || ' {predicate} ' || {value} || ' .')" for predicate, value in facts)
    return f"SELECT f.line FROM {source} CROSS JOIN LATERAL (VALUES {lines}) f (line) WHERE f.line IS NOT NULL"  # noqa: S608


def _iri(kind: str, expression: str) -> str:
    return f"'<{BASE}{kind}:' || {_SAFE.format(expression)} || '>'"


def _literal(expression: str, type_name: str = "") -> str:
    typed = f" || '^^<{XSD}{type_name}>'" if type_name else ""
    return f"to_json(({expression})::text)::text{typed}"


def _term(kind: str, name: str) -> str:
    return f"<{BASE}{kind or 'terms'}:{name}>"
