"""What became of the rows of an intention file: `rows` is what was written and all that was left out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_NAMES = 20
REST = "a relation that is not known: yet others"


@dataclass(kw_only=True)
class IntentionAccount:
    run: str
    format: str = ""
    rows: int = 0
    written: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    verdicts: int = 0
    verdicts_unreadable: int = 0
    relations_mapped: dict[str, int] = field(default_factory=dict)
    columns_not_read: list[str] = field(default_factory=list)
    products_created: int = 0
    cobuys_created: int = 0
    unchanged: bool = False

    def leave_out(self, reason: str, count: int = 1) -> None:
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def leave_out_relation(self, name: str) -> None:
        """Any text may stand in the column, so the names that are told apart are limited."""
        reason = f'a relation that is not known: "{name[:40]}"'
        named = reason in self.left_out or len(self.left_out) < MOST_NAMES
        self.leave_out(reason if named else REST)

    def map_relation(self, name: str, code: str) -> None:
        key = f"{name[:40]} -> {code}"
        self.relations_mapped[key] = self.relations_mapped.get(key, 0) + 1

    def adds_up(self) -> bool:
        return self.rows == self.written + sum(self.left_out.values())

    def report(self) -> Iterator[str]:
        yield (
            f"Rows ({self.format}): {self.rows:,} = {self.written:,} intentions"
            f" + {sum(self.left_out.values()):,} left out"
        )
        for reason, count in sorted(self.left_out.items(), key=lambda item: (-item[1], item[0])):
            yield f"  left out: {count:,} x {reason}"
        unreadable = f", {self.verdicts_unreadable:,} unreadable" if self.verdicts_unreadable else ""
        yield f"Verdicts: {self.verdicts:,}, none for {self.written - self.verdicts:,} intentions{unreadable}"
        for mapping, count in self.relations_mapped.items():
            yield f"  relation mapped: {count:,} x {mapping}"
        if self.columns_not_read:
            yield f"Columns not read: {', '.join(self.columns_not_read)}"
        if self.products_created or self.cobuys_created:
            yield f"Created: {self.products_created:,} products without picture, {self.cobuys_created:,} co-buys"
        if self.unchanged:
            yield f"Run {self.run} holds exactly these intentions already: nothing was changed"
