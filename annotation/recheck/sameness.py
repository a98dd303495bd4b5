"""Whether the file is of this study: its cells on items and runs against what the database has of them."""

from collections.abc import Iterator

from annotation.models import Study
from annotation.recheck.columns import Columns

Cell = tuple[str, object, object]
COLUMNS = {
    "asin_a": "intention__cobuy__a__asin",
    "asin_b": "intention__cobuy__b__asin",
    "intention": "intention__text",
    "strictness": "run__strictness",
}


def other_cells(study: Study, csv: Columns) -> Iterator[Cell]:
    """Each that differs: where, what the study has, and what the file has."""
    items = [int(item) for item in csv.items["item"].tolist()]
    rows = study.items.filter(pk__in=items).values_list("pk", *COLUMNS.values())
    known = {pk: cells for pk, *cells in rows}
    for place, item in enumerate(items):
        if csv.items["study"][place] != study.name:
            yield f"item {item}.study", study.name, str(csv.items["study"][place])
        for name, own in zip(COLUMNS, known.get(item, [None] * len(COLUMNS)), strict=True):
            said = str(csv.items[name][place])
            if said != str(own) and not (name == "strictness" and own == _number(said)):
                yield f"item {item}.{name}", own, said


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None
