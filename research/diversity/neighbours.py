"""Which intentions of a run are nearest to one of them: by meaning where it has a vector, else by words."""

from dataclasses import dataclass

import numpy as np

from distillation.models import Intention
from research.models import Diversity, NearDuplicate, Vectors
from stats.texts.measures import likeness_to_first
from stats.texts.words import words_of

SHOWN, OF_GROUP = 8, 200
DIMENSIONS = 384


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`rows` are (likeness, intention), the nearest first; `among` how many were looked at; None: not computed yet."""

    rows: list[tuple[float, Intention]]
    among: int
    by_meaning: bool = False
    group: int = 0  # near-duplicates, itself among them


def neighbours_of(intention: Intention) -> Neighbours | None:
    kept = Diversity.objects.filter(run=intention.run_id).exclude(figures={}).first()
    if kept is None:
        return None
    group = _group(intention)
    found = _by_meaning(intention)
    if found is not None:
        keys, likeness = found
        return Neighbours(_rows(keys, likeness), len(keys), True, len(group))
    near = {*kept.figures.get("sample", []), *group[:OF_GROUP]} - {intention.pk}
    texts = dict(Intention.objects.filter(pk__in=near).values_list("pk", "text"))
    likeness = likeness_to_first(words_of([intention.text, *texts.values()]))[1:]
    return Neighbours(_rows(np.array(list(texts), dtype=np.int64), likeness), len(texts), False, len(group))


def _group(intention: Intention) -> list[int]:
    own = NearDuplicate.objects.filter(pk=intention.pk).first()
    if own is None:
        return []
    rows = NearDuplicate.objects.filter(run=intention.run_id, group=own.group)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _by_meaning(intention: Intention) -> tuple[np.ndarray, np.ndarray] | None:
    """Ids and cosines of all others with a vector; None where this one has none."""
    kept = Vectors.objects.filter(run=intention.run_id).first()
    if kept is None:
        return None
    keys = np.frombuffer(bytes(kept.intentions), dtype=np.int64)
    place = int(np.searchsorted(keys, intention.pk))
    if place == len(keys) or keys[place] != intention.pk:
        return None
    values = np.frombuffer(bytes(kept.values), dtype=np.float16).reshape(-1, DIMENSIONS).astype(np.float32)
    others = np.arange(len(keys)) != place
    return keys[others], (values @ values[place])[others]


def _rows(keys: np.ndarray, likeness: np.ndarray) -> list[tuple[float, Intention]]:
    nearest = np.argsort(-likeness, kind="stable")[:SHOWN]
    shown = Intention.objects.for_page().in_bulk([int(key) for key in keys[nearest]])
    return [(float(likeness[i]), shown[int(keys[i])]) for i in nearest if int(keys[i]) in shown and likeness[i] > 0]
