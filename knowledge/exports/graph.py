"""The knowledge base as a graph: nodes.csv with products and intentions, edges.csv with what joins them."""

from collections.abc import Iterator

from common.copying import inert
from knowledge.exports.lines import AS_CSV
from knowledge.exports.rows import ALL, ENDS, Rows, with_header

_PRODUCT = """
SELECT 'product:' || p.asin AS id, 'product' AS kind, {title} AS label, {category} AS category,
       NULL AS relation, NULL AS p_yes, NULL AS kept, NULL AS human_label
FROM distillation_product p WHERE p.id IN ({chosen}) ORDER BY p.id
"""
_INTENTION = """
SELECT 'intention:' || x.id AS id, 'intention' AS kind, {text} AS label, NULL AS category,
       x.relation, x.p_yes, x.kept::text AS kept, x.human_label
FROM ({rows} ORDER BY t.id) x
"""
_COBUY = """
SELECT 'product:' || a.asin AS source, 'product:' || b.asin AS target, 'co_bought' AS kind, NULL AS relation
FROM distillation_cobuy c JOIN distillation_product a ON a.id = c.a_id JOIN distillation_product b ON b.id = c.b_id
WHERE c.id IN ({chosen}) ORDER BY c.id
"""
_EXPLAINED = """
SELECT 'product:' || e.asin AS source, 'intention:' || x.id AS target, 'bought_because' AS kind, x.relation
FROM ({rows} ORDER BY t.id) x CROSS JOIN LATERAL (VALUES (x.asin_a), (x.asin_b)) e (asin)
"""


def nodes(rows: Rows, *, raw: bool = False) -> Iterator[memoryview]:
    title, category, text = (name if raw else inert(name) for name in ("title", "category", "x.intention"))
    products = _PRODUCT.format(title=title, category=category, chosen=rows.query("e.product_id", products=ENDS))
    yield from rows.copied(products, with_header(AS_CSV))
    yield from rows.ranges(_INTENTION.format(text=text, rows=rows.query(ALL)), AS_CSV)


def edges(rows: Rows) -> Iterator[memoryview]:
    """Nothing in them can begin a formula: the products' identifiers stand behind their kind."""
    cobuys = _COBUY.format(chosen=rows.query("t.cobuy_id", products=""))
    yield from rows.copied(cobuys, with_header(AS_CSV))
    yield from rows.ranges(_EXPLAINED.format(rows=rows.query(ALL)), AS_CSV)
