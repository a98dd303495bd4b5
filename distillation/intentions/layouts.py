"""Layouts of files of intentions made elsewhere, recognised by their columns."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from distillation.catalog.readers.records import CatalogError

REQUIRED = ("asin_a", "asin_b", "relation", "text")
VERDICT = ("verdict", "p_yes", "reason", "answer")
PRODUCT_FIELDS = ("title_a", "title_b", "category_a", "category_b")


@dataclass(frozen=True)
class Layout:
    """`columns`: for each field the names that its column may have; any set of `marks` tells the layout from others."""

    name: str
    origin: str
    columns: dict[str, tuple[str, ...]]
    marks: tuple[frozenset[str], ...]

    def places(self, present: Collection[str]) -> dict[str, str]:
        """The column of each field that is there."""
        found = {field: [name for name in names if name in present] for field, names in self.columns.items()}
        return {field: names[0] for field, names in found.items() if names}


def _layout(name: str, origin: str, *marks: str, **columns: str) -> Layout:
    names = {field: tuple(words.split()) for field, words in columns.items()}
    return Layout(name, origin, names, tuple(frozenset(mark.split()) for mark in marks))


_OWN = {
    **{field: field for field in ("asin_a", "asin_b", "relation", "verdict", "p_yes", "reason", *PRODUCT_FIELDS)},
    "text": "text assertion intention",
}
_QUESTIONS = {"asin_a": "item_a_id", "asin_b": "item_b_id", "title_a": "item_a_name", "title_b": "item_b_name"}

LAYOUTS = {
    layout.name: layout
    for layout in (
        _layout(
            "intentionqa",
            "IntentionQA",
            "asin_a asin_b relation assertion typicality",
            "item_a_id item_b_id relation assertion distractors_id",
            **{field: f"{name} {_QUESTIONS.get(field, '')}" for field, name in _OWN.items()},
        ),
        _layout(
            "mindsite",
            "imported",
            "asin_a asin_b relation",
            **_OWN,
        ),
        _layout(
            "mind",
            "MIND release",
            "id_a id_b relation intention",
            asin_a="id_a",
            asin_b="id_b",
            relation="relation",
            text="intention",
            answer="agreement",
            title_a="product_a",
            title_b="product_b",
            category_a="item_a_cate",
            category_b="item_b_cate",
        ),
        _layout(
            "folkscope",
            "FolkScope",
            "item_a_id item_b_id relation assertion",
            asin_a="item_a_id",
            asin_b="item_b_id",
            relation="relation",
            text="assertion",
            title_a="item_a_name",
            title_b="item_b_name",
            category_a="item_a_cate",
            category_b="item_b_cate",
        ),
    )
}


def layout_recognised(file: str, present: list[str], wanted: str = "auto") -> Layout:
    if wanted != "auto":
        chosen = LAYOUTS[wanted]
    else:
        chosen = next(
            (layout for layout in LAYOUTS.values() if any(mark <= set(present) for mark in layout.marks)),
            LAYOUTS["mindsite"],
        )
    places = chosen.places(present)
    if missing := [chosen.columns[field] for field in REQUIRED if field not in places]:
        raise CatalogError(
            f"{file}, line 1: no column {', '.join(' or '.join(names) for names in missing)} "
            f"(there: {', '.join(present)[:200]}); name it there, or say with --format what layout this is"
        )
    _refuse_misspelt(file, chosen, set(present) - set(places.values()))
    return chosen


def _refuse_misspelt(file: str, layout: Layout, not_read: Collection[str]) -> None:
    """A column that is nearly one of a verdict's would else be passed over."""
    optional = [layout.columns[field][0] for field in VERDICT if field in layout.columns]
    for column in sorted(not_read):
        if near := difflib.get_close_matches(column, optional, n=1, cutoff=0.8):
            raise CatalogError(
                f"{file}, line 1: column {column} is not known; write {near[0]} if you mean that, else rename it"
            )
