"""What is done to the rows before they are taught, so that a gain can be told from the data's amount or form."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from knowledge.instructions.records import Row

Again = Callable[[], Iterator[Row]]  # the rows from the start, each time it is called
Told = tuple[int, str, str]  # id, co-buy, text


@dataclass(frozen=True, slots=True)
class Control:
    """`every`: rejected intentions are taught as kept ones are; `shuffled`: each says what another co-buy's says, in
    its relation, so that only form can be learnt; without `verdicts`, what was made of them is not taught."""

    every: bool = False
    shuffled: bool = False
    verdicts: bool = True

    def rows(self, again: Again, seed: int) -> Iterator[Row]:
        texts = shuffled_texts(again(), seed, every=self.every) if self.shuffled else {}
        for row in again():
            if self.every:
                row["kept"] = True
            if not self.verdicts or self.every:
                row["verdict"] = None
            if self.shuffled and row["kept"]:
                row["intention"] = texts[row["id"]]
                row["verdict"] = None
            yield row

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def shuffled_texts(rows: Iterator[Row], seed: int, *, every: bool = False) -> dict[int, str]:
    """By id. In a relation all texts stay, each with another co-buy's as far as there are others."""
    held: dict[str, list[Told]] = defaultdict(list)
    for row in rows:
        if every or row["kept"]:
            held[row["relation"]].append((row["id"], f"{row['asin_a']} {row['asin_b']}", row["intention"]))
    return {id_: text for relation, told in held.items() for id_, text in _turned(told, Random(f"{seed} {relation}"))}  # noqa: S311


def _turned(told: list[Told], lot: Random) -> Iterator[tuple[int, str]]:
    """The co-buys in an order by lot, each with the text so many places on that no co-buy reaches itself."""
    by_cobuy: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        by_cobuy[each[1]].append(each)
    order = sorted(by_cobuy)
    lot.shuffle(order)
    row = [each for cobuy in order for each in by_cobuy[cobuy]]
    on = max(map(len, by_cobuy.values()))
    for i, (id_, _, _) in enumerate(row):
        yield id_, row[(i + on) % len(row)][2]
