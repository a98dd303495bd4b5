"""Which co-buys a run, an export or a study is of: one choice, the same in command, API and page."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q

from common.days import start_of
from common.refusals import Refused
from common.words import day_words
from distillation.models import CatalogImport, CoBuy, CoBuyAgain, Product, Run


class SelectionRefused(Refused):
    """What is chosen is not in the catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSelection:
    """Empty fields choose nothing. `imports` are the numbers of data sets; None: nothing was said of them.

    `since` and `until` are days, both within, on which a co-buy first came into the catalog. Both its products are of
    the categories.
    """

    imports: tuple[int, ...] | None = None
    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @classmethod
    def checked(
        cls,
        *,
        imports: Iterable[int] | None = None,
        categories: Iterable[str] = (),
        since: date | None = None,
        until: date | None = None,
    ) -> "CatalogSelection":
        """Raises SelectionRefused where something is not in the catalog."""
        if since and until and until < since:
            raise SelectionRefused(f"{until} is before {since}; exchange the two days")
        known = None if imports is None else tuple(sorted({_data_set(number) for number in imports}))
        named = tuple(sorted({name for text in categories for name in _categories(text)}))
        return cls(imports=known, categories=named, since=since, until=until)

    @classmethod
    def of_config(cls, config: dict) -> "CatalogSelection":
        """The reverse of `as_config`."""
        days = {name: date.fromisoformat(config[name]) for name in ("since", "until") if name in config}
        return cls(imports=tuple(config.get("imports", ())), categories=tuple(config.get("categories", ())), **days)

    def as_config(self) -> dict[str, object]:
        """For JSON: the parts that choose something."""
        days = {name: day.isoformat() for name, day in (("since", self.since), ("until", self.until)) if day}
        lists = {"imports": list(self.imports or ()), "categories": list(self.categories)}
        return {**{name: chosen for name, chosen in lists.items() if chosen}, **days}

    def with_newest(self) -> "CatalogSelection":
        """The newest data set, where nothing is said of imports and days: nobody means all that ever came."""
        if self.imports is not None or self.since or self.until:
            return self
        newest = CatalogImport.objects.data_sets().values_list("pk", flat=True)[:1]
        return replace(self, imports=tuple(newest))

    def q(self, prefix: str = "") -> Q:
        """Of co-buys; of what refers to one with a prefix such as `cobuy__`."""
        chosen = Q()
        if self.imports:
            again = CoBuyAgain.objects.filter(data_set__in=self.imports).values("cobuy")
            own = CatalogImport.objects.filter(data_set__in=self.imports).values("pk")
            chosen &= Q(**{f"{prefix}first_import__in": own}) | Q(**{f"{prefix}pk__in": again})
        if self.categories:
            chosen &= Q(**{f"{prefix}{end}__category__in": self.categories for end in ("a", "b")})
        if self.since:
            chosen &= Q(**{f"{prefix}first_import__created_at__gte": start_of(self.since)})
        if self.until:
            chosen &= Q(**{f"{prefix}first_import__created_at__lt": start_of(self.until + timedelta(days=1))})
        return chosen

    def sql(self) -> str:
        """The ids of its co-buys as a subquery, with the values written out, for statements that have names for
        their own."""
        rows = CoBuy.objects.filter(self.q()).order_by().values("pk")
        composed = connection.ops.compose_sql(*rows.query.sql_with_params())  # type: ignore[attr-defined]  # PostgreSQL's
        return composed.replace("%", "%%")

    @property
    def words(self) -> str:
        """Empty where it chooses nothing."""
        named = CatalogImport.objects.filter(pk__in=self.imports or ()).order_by("pk")
        parts = [f"import {each.pk} ({each.file_names})" for each in named]
        parts += [f"only {', '.join(self.categories)}"] if self.categories else []
        parts += [f"from {day_words(self.since)}"] if self.since else []
        return ", ".join([*parts, *([f"until {day_words(self.until)}"] if self.until else [])])


EVERYTHING = CatalogSelection()
ALL = "all"


def imports_parse(text: str) -> tuple[int, ...] | None:
    """Numbers with commas between, or all; empty: nothing is said."""
    if not text.strip():
        return None
    if text.strip() == ALL:
        return ()
    numbers = [part.strip() for part in text.split(",")]
    if wrong := [part for part in numbers if not (part.isascii() and part.isdecimal() and len(part) < 19)]:
        raise SelectionRefused(f'"{wrong[0][:40]}" is no number of an import; give numbers such as 1,2, or {ALL}')
    return tuple(map(int, numbers))


def catalog_of(run: Run) -> CatalogSelection:
    """A run from before there was a choice is of all."""
    return CatalogSelection.of_config(run.config.get("catalog", {}))


def _data_set(number: int) -> int:
    found = CatalogImport.objects.filter(pk=number, state=CatalogImport.State.DONE).first()
    if found is None:
        there = ", ".join(f"{each.pk} ({each.file_names})" for each in CatalogImport.objects.data_sets()[:8])
        raise SelectionRefused(f"There is no import {number} that has ended; there are {there or 'none'}")
    if found.data_set_id is None:
        raise SelectionRefused(
            f"Import {number} is from before co-buys were kept by import; import its files again and choose that"
        )
    return found.data_set_id


def _categories(text: str) -> list[str]:
    """One, or several with commas between; a category may have commas in it."""
    asked = [text] if _is_category(text) else [part.strip() for part in text.split(",") if part.strip()]
    for name in asked:
        if not _is_category(name):
            raise SelectionRefused(f'No product is of the category "{name[:80]}"; write it as the catalog does')
    return asked


def _is_category(name: str) -> bool:
    return Product.objects.filter(category=name).exists()
