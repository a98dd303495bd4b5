"""Reads of the catalog that stay quick at a million products: pages by key, counts that stop, no scan of everything."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db import connection
from django.db.models import Exists, Func, OuterRef, Q, QuerySet

from distillation.models import CoBuy, PictureSource, Product

PAGE = 25
COUNTED = 1_000  # up to these, matches are counted and sorted here
MANY = 10 * COUNTED  # from here on the planner's estimate will do, if what is near bears it out
WALKED = 1_500  # products looked at in order before an index is asked for all that match
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


class Keyset(NamedTuple):
    """Where a page stands: behind the row `after`, or in front of the row `before`. The newest rows come first."""

    after: int | None = None
    before: int | None = None

    def cut(self, rows: QuerySet, key: str = "pk") -> QuerySet:
        """The rows from there on, nearest first."""
        if self.before is not None:
            return rows.filter(**{f"{key}__gt": self.before}).order_by(key)
        if self.after is not None:
            rows = rows.filter(**{f"{key}__lt": self.after})
        return rows.order_by(f"-{key}")

    def pick(self, keys: list[int]) -> list[int]:
        """The same, of keys that are all here."""
        if self.before is not None:
            return sorted(key for key in keys if key > self.before)[: PAGE + 1]
        return sorted((key for key in keys if self.after is None or key < self.after), reverse=True)[: PAGE + 1]


@dataclass(frozen=True)
class Page:
    keys: list[int]
    previous: int | None = None
    next: int | None = None

    @classmethod
    def at(cls, keyset: Keyset, fetch: Callable[[Keyset], list[int]]) -> "Page":
        """`fetch` gives up to PAGE + 1 keys, nearest first; the one too many tells that there is a further page."""
        found = fetch(keyset)
        keys, more = found[:PAGE], len(found) > PAGE
        if keyset.before is None:
            return cls(keys, keys[0] if keys and keyset.after else None, keys[-1] if more else None)
        if not more:
            return cls.at(Keyset(), fetch)
        return cls(keys[::-1], keys[-1], keys[0])


class Found(NamedTuple):
    page: Page
    count: int
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
        matching = self._matching(self._in_category()).values_list("pk")
        # To count up to COUNTED takes the index's list of all matches: too long where a word is in every second title.
        if (estimate := _estimate(matching)) >= MANY and len(near := self._near(keyset)) > PAGE:
            return Found(Page.at(keyset, lambda at: near), int(float(f"{estimate:.2g}")), "about")
        some = _planned_whole(matching, f"LIMIT {COUNTED + 1}")
        if len(some) <= COUNTED:
            return Found(Page.at(keyset, lambda at: at.pick(some)), len(some))
        return Found(Page.at(keyset, self._walk), COUNTED, "more than")

    def _walk(self, keyset: Keyset) -> list[int]:
        """In order for a bounded way; where that finds too few, all matches out of an index, sorted.

        Walking alone would pass a million products for a word of one corner, sorting alone all matches of a common one.
        """
        near = self._near(keyset)
        if len(near) > PAGE:
            return near
        rows = self._matching(keyset.cut(self._in_category())).order_by().values_list("pk")
        order = "DESC" if keyset.before is None else "ASC"
        return _planned_whole(rows, f"ORDER BY id {order} LIMIT {PAGE + 1}")

    def _near(self, keyset: Keyset) -> list[int]:
        rows = keyset.cut(self._in_category()).values_list("pk", flat=True)
        # Whether a picture is lacking is seen without taking the title apart, and few lack one: look further.
        way = 10 * WALKED if self.picture in ("wanted", "failed") else WALKED
        if end := rows[way : way + 1].first():
            rows = rows.filter(pk__gte=end) if keyset.before is None else rows.filter(pk__lte=end)
        return _planned(self._matching(rows)[: PAGE + 1])

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


def _estimate(keys: QuerySet) -> int:
    statement = connection.ops.compose_sql(*keys.query.sql_with_params())
    return _fetch(f"EXPLAIN (FORMAT JSON) {statement}")[0][0]["Plan"]["Plan Rows"]


def _planned(keys: QuerySet) -> list[int]:
    """Run with the constants in the statement: a prepared plan would treat a rare word and a common one alike."""
    return _fetch(connection.ops.compose_sql(*keys.query.sql_with_params()))


def _planned_whole(keys: QuerySet, tail: str) -> list[int]:
    """Planned as if all were wanted, run only as far as `tail` asks.

    A LIMIT tempts the planner to walk a table in hope of early matches, and it thinks nothing of taking titles apart.
    """
    statement = connection.ops.compose_sql(*keys.query.sql_with_params())
    return _fetch(f"WITH matching (id) AS MATERIALIZED ({statement}) SELECT id FROM matching {tail}")  # noqa: S608 - composed


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
