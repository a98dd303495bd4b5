"""The items of a preference study: two runs' intentions for the same co-buy and relation."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from annotation.design.items import items_add
from annotation.design.openings import telling_openings, without_opening
from annotation.design.population import partners
from annotation.design.protocol import StudyRefused
from annotation.design.sampling import Drawn
from annotation.models import Item, Study
from distillation.models import Intention, Run

AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: int
    drawn: Drawn


class Shown:
    """The texts as people see them: what would name a run is cut, for display only."""

    def __init__(self, ids: Collection[int]) -> None:
        rows = [row for some in _some(sorted(ids)) for row in _texts(some)]
        of_runs: dict[str, list[str]] = {}
        for _, run, text in rows:
            of_runs.setdefault(run, []).append(text)
        openings = telling_openings(of_runs)
        self._text = {pk: without_opening(text, openings) for pk, _, text in rows}

    def __getitem__(self, pk: int) -> str:
        return self._text[pk]

    def alike(self, pair: Pair) -> bool:
        return self[pair.first].split() == self[pair.second].split()


def pairs_add(study: Study, drawn: Sequence[Drawn], runs: Sequence[Run], rng: np.random.Generator) -> None:
    """Each drawn co-buy and relation gives each pair of runs, mixed. Texts that are alike are counted, never asked."""
    pairs = list(_pairs(drawn, runs))
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    shown = Shown({pk for pair in pairs for pk in (pair.first, pair.second)})
    asked = [pair for pair in pairs if not shown.alike(pair)]
    if not asked:
        raise StudyRefused(f"All {len(pairs):,} pairs have the same text twice, so there is nothing to prefer")
    alike = [pair for pair in pairs if shown.alike(pair)]
    items = [_item(pair, place, shown) for place, pair in enumerate([*asked, *alike])]
    for item in items[len(asked) :]:
        item.overlap = 0
    items_add(study, items)
    study.n_items = len(asked)
    study.save(update_fields=["n_items"])


def gold_pairs_add(study: Study, answers: dict[tuple[int, int], dict]) -> None:
    drawn = study.items.values_list("intention_id", "other_id")
    shown = Shown({pk for pair in (*answers, *drawn) for pk in pair})
    items = []
    for place, ((first, second), answer) in enumerate(answers.items()):
        item = _item(Pair(first, second, Drawn(first, "gold", 1)), place, shown)
        item.gold = answer
        items.append(item)
    items_add(study, items)


def identical_pairs(study: Study) -> int:
    """Drawn, and never asked."""
    return study.items.sampled().filter(overlap=0).count()


def pairs_of_unit(runs: Sequence[Run]) -> int:
    return len(runs) * (len(runs) - 1) // 2


def _pairs(drawn: Sequence[Drawn], runs: Sequence[Run]) -> Iterator[Pair]:
    """The seed, and not the order in which the runs were named, decides which one is the first."""
    ids = [each.id for each in drawn]
    of_run = [partners(ids, run) for run in sorted(runs, key=lambda run: run.pk)]
    for one, other in combinations(of_run, 2):
        for each in drawn:
            yield Pair(one[each.id], other[each.id], each)


def _item(pair: Pair, place: int, shown: Shown) -> Item:
    return Item(
        intention_id=pair.first,
        other_id=pair.second,
        stratum=pair.drawn.stratum,
        inclusion_probability=pair.drawn.inclusion_probability,
        order_key=place,
        first_shown=shown[pair.first],
        second_shown=shown[pair.second],
    )


def _texts(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    return list(Intention.objects.filter(pk__in=ids).values_list("pk", "run__name", "text"))


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
