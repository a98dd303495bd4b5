"""What every panel of a dashboard is: numbers from rows, then words and a plot from the numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from annotation.figures.plots import Bar, Bubbles, Chart, Dots
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.live import Live
from annotation.figures.tables import Table

Plot = Dots | Chart | Bubbles | Bar
Numbers = TypeVar("Numbers")


@dataclass(frozen=True, slots=True)
class How:
    text: str
    formula: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """`empty` says why there is nothing; `links` lead to the rows behind it, as words and query of the items page."""

    short: str = ""
    plot: Plot | None = None
    table: Table | None = None
    empty: str = ""
    links: tuple[tuple[str, str], ...] = ()
    more: dict = field(default_factory=dict)


def no_plot(numbers: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Panel(Generic[Numbers]):
    """`numbers` gives a dataclass, whatever there is; its fields with `compare=False` are what words and plot need to
    know beside them. `words` may say that there is nothing to show; then there is no plot."""

    name: str
    title: str
    how: How
    numbers: Callable[[Rows], Numbers]
    words: Callable[[Numbers], Shown]
    plot: Callable[[Numbers], Plot | None] = no_plot
    template: str = "studies/panels/plain.html"
    is_wide: bool = False
    has_switch: bool = False  # by relation, category or run

    def shown(self, asked: Asked) -> Shown:
        return asked.once(
            f"{self.name} {asked.by} {asked.at} {asked.wanted} {asked.bound}", lambda: self.show(Live(asked))
        )

    def show(self, rows: Rows) -> Shown:
        numbers = self.numbers(rows)
        words = self.words(numbers)
        return words if words.empty else replace(words, plot=self.plot(numbers))
