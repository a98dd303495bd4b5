"""What became of every line and every purchase; each group of figures adds up to its first."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class PurchaseAccount:
    lines: int = 0
    lines_left_out: dict[str, int] = field(default_factory=dict)
    purchases: int = 0
    purchases_new: int = 0
    purchases_already_stored: int = 0
    purchases_left_out: dict[str, int] = field(default_factory=dict)

    window: int | None = None  # days; without one no co-buys are made
    pairs: int = 0
    cobuys_new: int = 0
    cobuys_already_stored: int = 0
    pairs_left_out: dict[str, int] = field(default_factory=dict)
    buyers_left_out: int = 0  # of too many purchases to be a person
    data_set: int = 0

    def leave_out_line(self, reason: str, count: int = 1) -> None:
        self.lines_left_out[reason] = self.lines_left_out.get(reason, 0) + count

    def leave_out_purchases(self, reason: str, count: int) -> None:
        if count:
            self.purchases_left_out[reason] = self.purchases_left_out.get(reason, 0) + count

    @property
    def lines_read(self) -> int:
        return self.lines - sum(self.lines_left_out.values())

    def adds_up(self) -> bool:
        stored = self.purchases_new + self.purchases_already_stored
        return (
            self.lines_read >= 0
            and self.purchases == stored + sum(self.purchases_left_out.values())
            and self.pairs == self.cobuys_new + self.cobuys_already_stored + sum(self.pairs_left_out.values())
        )

    def report(self) -> Iterator[str]:
        left_out = sum(self.lines_left_out.values())
        yield f"Lines: {self.lines:,} = {self.lines_read:,} with purchases + {left_out:,} left out"
        yield from _reasons(self.lines_left_out)
        yield (
            f"Purchases: {self.purchases:,} = {self.purchases_new:,} new + {self.purchases_already_stored:,} already"
            f" there + {sum(self.purchases_left_out.values()):,} left out"
        )
        yield from _reasons(self.purchases_left_out)
        if self.window is None:
            return
        yield (
            f"Pairs bought by one buyer within {self.window:,} days: {self.pairs:,} = {self.cobuys_new:,} new co-buys"
            f" + {self.cobuys_already_stored:,} already there + {sum(self.pairs_left_out.values()):,} left out"
        )
        yield from _reasons(self.pairs_left_out)
        if self.buyers_left_out:
            yield f"  without {self.buyers_left_out:,} buyers of more purchases than a person makes (--max-per-buyer)"
        if self.data_set:
            yield f"The new co-buys are import {self.data_set}: distill --imports {self.data_set} takes them"


def _reasons(counts: dict[str, int]) -> Iterator[str]:
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  left out: {count:,} x {reason}"
