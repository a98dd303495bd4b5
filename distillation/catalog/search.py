"""Reads of the catalog that stay quick at a million products: pages by key, counts that stop, no scan of everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, Func, OuterRef, Q, QuerySet
from psycopg.errors import QueryCanceled

from common.keyset import PAGE, Keyset, Page
from distillation.models import CoBuy, PictureSource, Product

COUNTED = 1_000  # a product's co-buys are counted up to these
MANY = 10_000  # from here on the planner's estimate will do, if what is near bears it out
WALKED, SEARCHED = 300, 30_000  # products looked at in order before an index is asked for all that match
# The planner takes a title's words apart as lightly as it compares a number, unless told what that costs.
# Workers of the server's own would only take the processor away from other pages.
LIMITS = """
SET LOCAL statement_timeout = 1000; SET LOCAL cpu_operator_cost = 0.05; SET LOCAL max_parallel_workers_per_gather = 0
"""
CATEGORIES = 200

_WANTED = Exists(PictureSource.objects.filter(pk=OuterRef("picture_source"), state=PictureSource.State.WANTED))
PICTURES = {
    "stored": Q(picture__isnull=False),
    "wanted": Q(_WANTED, picture__isnull=True),
    "failed": Q(~_WANTED, picture__isnull=True),
}

# A loose index scan: one probe of the index (category, id) for each category, however many products it has.
CATEGORY_NAMES = """
WITH RECURSIVE found AS (
    (SELECT category FROM distillation_product WHERE category > '' ORDER BY category LIMIT 1)
    UNION ALL
    SELECT (SELECT category FROM distillation_product WHERE category > found.category ORDER BY category LIMIT 1)
    FROM found WHERE found.category IS NOT NULL
)
SELECT category FROM found WHERE category IS NOT NULL LIMIT %s
"""


class TitleWords(Func):
    """The index's own expression with its constants written out, so that a plan made without them finds it too."""

    template = "to_tsvector('english'::regconfig, COALESCE(%(expressions)s, ''))"
    output_field = SearchVectorField()


class Found(NamedTuple):
    page: Page
    count: int  # type: ignore[assignment]  # the tuple's own count(value) is not used
    sense: str = ""  # how the count is meant, if not exactly


@dataclass(frozen=True)
class CatalogSearch:
    words: str = ""
    asin: str = ""
    category: str = ""
    picture: str = ""

    @classmethod
    def of(cls, query: str, **filters: str) -> "CatalogSearch":
        """One word with which some ASIN begins is that; all else are words of a title."""
        for start in (query, query.upper()):
            known = Product.objects.filter(asin__startswith=start).values_list("pk")
            if len(query.split()) == 1 and _planned(known[:1]):
                return cls(asin=start, **filters)
        return cls(words=query, **filters)

    @property
    def is_whole(self) -> bool:
        return self == CatalogSearch()

    def find(self, keyset: Keyset) -> Found:
        with _bounded():
            everything = self._in_category()
            # To count them all takes their list out of an index: too long where a word is in every second title.
            estimate = _estimate(self._matching(everything).values_list("pk"))
            if estimate >= MANY and len(near := self._near(keyset)) > PAGE:
                return Found(Page.at(keyset, lambda at: near), int(float(f"{estimate:.2g}")), "about")
            count, keys = self._indexed(everything, keyset)
            return Found(Page.at(keyset, lambda at: keys if at == keyset else self._indexed(everything, at)[1]), count)

    def _near(self, keyset: Keyset) -> list[int]:
        """Of those next in order. What very many titles have is met within a few; what is rarer, an index finds."""
        found = self._walk(WALKED, keyset)
        if PAGE // 3 <= len(found) <= PAGE:
            found = self._walk(10 * WALKED, keyset)
        return found if len(found) > PAGE else self._indexed(self._next(SEARCHED, keyset).order_by(), keyset)[1]

    def _walk(self, n: int, keyset: Keyset) -> list[int]:
        return _planned(self._matching(self._next(n, keyset)).values_list("pk")[: PAGE + 1])

    def _next(self, n: int, keyset: Keyset) -> QuerySet[Product]:
        rows = keyset.cut(self._in_category())
        end = rows.values_list("pk", flat=True)[n : n + 1].first()
        if end is None:
            return rows
        return rows.filter(pk__gte=end) if keyset.before is None else rows.filter(pk__lte=end)

    def _indexed(self, rows: QuerySet[Product], keyset: Keyset) -> tuple[int, list[int]]:
        """How many of the rows match, and the nearest of them.

        Planned apart from the LIMIT, which tempts to walk through a table in hope of early matches.
        """
        matching = _composed(self._matching(rows).values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH matching (id) AS MATERIALIZED ({matching})"  # noqa: S608 - composed
                f" SELECT (SELECT count(*) FROM matching), ARRAY(SELECT id FROM matching {keyset.nearest})"
            )
            return cursor.fetchone()

    def _in_category(self) -> QuerySet[Product]:
        return Product.objects.filter(category=self.category) if self.category else Product.objects.all()

    def _matching(self, rows: QuerySet) -> QuerySet:
        if self.picture:
            rows = rows.filter(PICTURES[self.picture])
        if self.asin:
            rows = rows.filter(asin__startswith=self.asin)
        if self.words:
            query = SearchQuery(self.words, config="english", search_type="websearch")
            rows = rows.filter(SearchVectorExact(TitleWords("title"), query))
        return rows


class SearchTooLong(Exception):
    """A search that would keep a web process busy: phrases of common words are looked up title by title."""


@contextmanager
def _bounded() -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMITS)
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTooLong from error
        raise


def _estimate(keys: QuerySet) -> int:
    return _fetch(f"EXPLAIN (FORMAT JSON) {_composed(keys)}")[0][0]["Plan"]["Plan Rows"]


def _planned(keys: QuerySet) -> list[int]:
    return _fetch(_composed(keys))


def _composed(keys: QuerySet) -> str:
    """With the constants in the statement: a prepared plan would treat a rare word and a common one alike."""
    return connection.ops.compose_sql(*keys.query.sql_with_params())  # type: ignore[attr-defined]  # PostgreSQL's


def _fetch(statement: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [value for (value,) in cursor]


def products_of(page: Page) -> list[Product]:
    found = Product.objects.select_related("picture", "picture_source").in_bulk(page.keys)
    return [found[key] for key in page.keys if key in found]


def cobuys_page(product: Product, keyset: Keyset) -> Page:
    """The products bought together with this one; the keys are theirs."""
    sides = (
        # `a` is the smaller of the two: said here, it spares a walk over pairs that can't be.
        (CoBuy.objects.filter(b=product, a__lt=product.pk), "a_id"),
        (CoBuy.objects.filter(a=product, b__gt=product.pk), "b_id"),
    )

    def fetch(at: Keyset) -> list[int]:
        return at.pick(
            [key for rows, other in sides for key in at.cut(rows, other).values_list(other, flat=True)[: PAGE + 1]]
        )

    return Page.at(keyset, fetch)


def cobuys_count(product: Product) -> int | None:
    found = len(CoBuy.objects.filter(Q(a=product) | Q(b=product)).values_list("pk")[: COUNTED + 1])
    return found if found <= COUNTED else None


def category_names() -> list[str]:
    """The first CATEGORIES of them by name."""
    with connection.cursor() as cursor:
        cursor.execute(CATEGORY_NAMES, [CATEGORIES])
        return [name for (name,) in cursor]
