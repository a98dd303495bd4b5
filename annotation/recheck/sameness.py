"""Whether the file is of this study: its cells on items and runs against what the database has of them."""

from collections.abc import Iterator

from annotation.models import Study
from annotation.recheck.columns import Columns

COLUMNS = {
    "asin_a": "intention__cobuy__a__asin",
    "asin_b": "intention__cobuy__b__asin",
    "intention": "intention__text",
    "strictness": "run__strictness",
}


def other_cells(study: Study, csv: Columns) -> Iterator[tuple[str, object, object]]:
    """Each that differs: where, what the study has, and what the file has."""
    known = {
        pk: cells for pk, *cells in study.items.filter(pk__in=csv.ids.tolist()).values_list("pk", *COLUMNS.values())
    }
    for place, item in enumerate(csv.ids.tolist()):
        own = {"study": study.name} | dict(zip(COLUMNS, known.get(item, [None] * len(COLUMNS)), strict=True))
        for name, cell in own.items():
            said = str(csv.items[name][place])
            if said != str(cell) and not (name == "strictness" and cell == _number(said)):
                yield f"item {item}.{name}", cell, said


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None
