"""The graph once more as GraphML, a file that networkx, igraph and Gephi read with its types.

Undirected, as a co-buy is; which end of an edge is the intention, the kinds of the nodes say.
"""

from collections.abc import Iterator

from knowledge.exports.rows import ALL, AS_LINES, ENDS, Rows

TYPES = {
    "node": {
        "kind": "string",
        "label": "string",
        "category": "string",
        "relation": "string",
        "p_yes": "double",
        "kept": "boolean",
        "human_label": "string",
    },
    "edge": {"kind": "string", "relation": "string"},
}
# XML 1.0 has no place for these, not even escaped.
_NOWHERE = r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]"
_PRODUCTS = "(SELECT * FROM distillation_product WHERE id IN ({chosen}) ORDER BY id) p"
_COBUYS = """
(SELECT a.asin AS first, b.asin AS second FROM distillation_cobuy c
 JOIN distillation_product a ON a.id = c.a_id JOIN distillation_product b ON b.id = c.b_id
 WHERE c.id IN ({chosen}) ORDER BY c.id) c
"""


def graphml(rows: Rows) -> Iterator[bytes | memoryview]:
    keys = (
        f'<key id="{of}_{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n'
        for of, types in TYPES.items()
        for name, kind in types.items()
    )
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    yield "".join(keys).encode() + b'<graph edgedefault="undirected">\n'
    yield from rows.copied(_products(rows), AS_LINES)
    yield from rows.ranges(_intentions(rows), AS_LINES)
    yield from rows.copied(_cobuys(rows), AS_LINES)
    yield from rows.ranges(_explained(rows), AS_LINES)
    yield b"</graph>\n</graphml>\n"


def _products(rows: Rows) -> str:
    said = _data("node", kind="'product'", label="p.title", category="p.category")
    chosen = rows.query("e.product_id", products=ENDS)
    return _select(_node("'product:' || p.asin", said), _PRODUCTS.format(chosen=chosen))


def _intentions(rows: Rows) -> str:
    own = {name: f"x.{name}" for name in ("relation", "p_yes", "kept", "human_label")}
    said = _data("node", kind="'intention'", label="x.intention", **own)
    return _select(_node("'intention:' || x.id", said), f"({rows.query(ALL)} ORDER BY t.id) x")


def _cobuys(rows: Rows) -> str:
    line = _edge("'product:' || c.first", "'product:' || c.second", _data("edge", kind="'co_bought'"))
    return _select(line, _COBUYS.format(chosen=rows.query("t.cobuy_id", products="")))


def _explained(rows: Rows) -> str:
    said = _data("edge", kind="'bought_because'", relation="x.relation")
    line = _edge("'product:' || e.asin", "'intention:' || x.id", said)
    ends = "CROSS JOIN LATERAL (VALUES (x.asin_a), (x.asin_b)) e (asin)"
    return _select(line, f"({rows.query(ALL)} ORDER BY t.id) x {ends}")


def _select(line: str, source: str) -> str:
    return f"SELECT {line} FROM {source}"  # noqa: S608 - of our own parts


def _node(key: str, said: str) -> str:
    return f"'<node id=\"' || {_escaped(key)} || '\">' || {said} || '</node>'"


def _edge(source: str, target: str, said: str) -> str:
    ends = f"'<edge source=\"' || {_escaped(source)} || '\" target=\"' || {_escaped(target)} || '\">'"
    return f"{ends} || {said} || '</edge>'"


def _data(of: str, **values: str) -> str:
    """Nothing for what is not known."""
    parts = (f"'<data key=\"{of}_{name}\">' || {_escaped(value)} || '</data>'" for name, value in values.items())
    return " || ".join(f"coalesce({part}, '')" for part in parts)


def _escaped(expression: str) -> str:
    text = f"regexp_replace(({expression})::text, '{_NOWHERE}', '', 'g')"
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = f"replace({text}, '{sign}', '{written}')"
    return f"replace(replace({text}, chr(10), '&#10;'), chr(13), '&#13;')"
