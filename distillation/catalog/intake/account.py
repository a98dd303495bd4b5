"""What became of every line, candidate and picture of an import; each group of figures adds up to its first."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class CatalogAccount:
    data_set: int = 0  # its number, by which runs, studies and exports name it
    lines: int = 0
    products_new: int = 0
    products_updated: int = 0
    products_unchanged: int = 0
    lines_left_out: dict[str, int] = field(default_factory=dict)
    prices_unreadable: int = 0

    candidates: int = 0
    cobuys_new: int = 0
    cobuys_already_stored: int = 0
    candidates_left_out: dict[str, int] = field(default_factory=dict)
    cobuys_without_pictures: int | None = None

    pictures_stored: int = 0
    pictures_already_stored: int = 0
    pictures_wanted: int = 0
    pictures_missing: int = 0
    pictures_bad: dict[str, int] = field(default_factory=dict)
    files_without_pictures: list[str] = field(default_factory=list)

    def leave_out_line(self, reason: str, count: int = 1) -> None:
        _add(self.lines_left_out, reason, count)

    def leave_out_candidates(self, reason: str, count: int = 1) -> None:
        _add(self.candidates_left_out, reason, count)

    def add_bad_picture(self, reason: str, count: int = 1) -> None:
        _add(self.pictures_bad, reason, count)

    def add(self, other: "CatalogAccount") -> None:
        for name, value in vars(other).items():
            if isinstance(value, dict):
                for reason, count in value.items():
                    _add(getattr(self, name), reason, count)
            elif value:
                setattr(self, name, getattr(self, name) + value)

    @property
    def products(self) -> int:
        return self.products_new + self.products_updated + self.products_unchanged

    @property
    def cobuys(self) -> int:
        return self.cobuys_new + self.cobuys_already_stored

    @property
    def pictures(self) -> int:
        """Products that were looked at for a picture; none where no pictures were asked for."""
        named = self.pictures_stored + self.pictures_already_stored + self.pictures_wanted + self.pictures_missing
        return named + sum(self.pictures_bad.values())

    def adds_up(self) -> bool:
        return (
            self.lines == self.products + sum(self.lines_left_out.values())
            and self.candidates == self.cobuys + sum(self.candidates_left_out.values())
            and self.pictures in (0, self.products)
        )

    def report(self) -> Iterator[str]:
        yield (
            f"Product lines: {self.lines:,} = {self.products_new:,} new + {self.products_updated:,} updated"
            f" + {self.products_unchanged:,} unchanged + {sum(self.lines_left_out.values()):,} left out"
        )
        yield from _reasons("left out", self.lines_left_out)
        if self.prices_unreadable:
            yield f"  without a price, for it was unreadable: {self.prices_unreadable:,}"
        yield (
            f"Co-buy candidates: {self.candidates:,} = {self.cobuys_new:,} new"
            f" + {self.cobuys_already_stored:,} already there + {sum(self.candidates_left_out.values()):,} left out"
        )
        yield from _reasons("left out", self.candidates_left_out)
        if self.pictures:
            yield (
                f"Pictures of {self.pictures:,} products: {self.pictures_stored:,} stored"
                f" + {self.pictures_already_stored:,} already there + {self.pictures_wanted:,} to be fetched"
                f" + {self.pictures_missing:,} without one + {sum(self.pictures_bad.values()):,} bad"
            )
            yield from _reasons("bad", self.pictures_bad)
        for name in self.files_without_pictures:
            yield f"Warning: {without_pictures(name)}"
        if self.cobuys_without_pictures:
            yield f"Co-buys left out of runs with pictures, for want of one: {self.cobuys_without_pictures:,}"
        if self.data_set:
            yield f"These are import {self.data_set}: distill --imports {self.data_set} takes its co-buys"


def without_pictures(name: str) -> str:
    return f"no picture came from {name}: is it the right file, and the right release or picture folder?"


def _add(counts: dict[str, int], reason: str, count: int) -> None:
    if count:
        counts[reason] = counts.get(reason, 0) + count


def _reasons(word: str, counts: dict[str, int]) -> Iterator[str]:
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {word}: {count:,} x {reason}"
