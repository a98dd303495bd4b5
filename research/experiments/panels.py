"""The panels of an experiment whose figure is switched: differences to the control, in parts, and what can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import slugify

from annotation.figures.plots import Dots, dots, grouped_dots
from common.words import percent
from research.experiments.exact import Exact, Kept
from research.experiments.judged import FEWEST_OF_PART, Judged
from research.experiments.kept_parts import kept_by
from research.experiments.telling import telling
from research.experiments.words import between, signed
from research.models import Arm
from stats.estimate import Estimate

KEPT = "Kept"
PARTS = {"relation": "Relation", "category": "Category", "product type": "Type of product"}
SEVERAL = {"relation": "relations", "category": "categories", "product type": "types of product"}
# How up to three arms are told apart, without colour too: (css, shape).
MARKS = (("c-accent", "circle"), ("c-ink", "square"), ("c-ink hollow", "diamond"))
WIDTHS = (0.05, 0.1, 0.2, 0.4, 0.6, 1.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figure is looked at, in which parts, of which arms; empty: the first there are."""

    figure: str = ""
    by: str = "relation"
    arms: tuple[int, ...] = ()

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        by = query.get("by", "")
        arms = [int(pk) for pk in query.getlist("arm") if pk.isdecimal() and len(pk) < 19]
        return cls(query.get("figure", ""), by if by in PARTS else "relation", tuple(arms))

    def query(self, **changes: str) -> str:
        told = {"figure": self.figure, "by": self.by, **changes}
        return urlencode([*told.items(), *(("arm", pk) for pk in self.arms)])


@dataclass(frozen=True, slots=True)
class Shown:
    """An arm's difference to the control, whole and by the name of a part; `judged` is nothing of what is counted."""

    arm: Arm
    whole: Estimate
    is_clear: bool = True
    parts: dict[str, Estimate] = field(default_factory=dict)
    judged: Judged | None = None


def panels(arms: list[Arm], figures: Exact, people: Sequence[Judged], asked: Asked) -> dict:
    names = {slugify(name): name for name in (*dict.fromkeys(row.name for row in people), KEPT)}
    figure = asked.figure if asked.figure in names else next(iter(names))
    asked = Asked(figure, asked.by, asked.arms)
    rows = _kept(arms, figures, asked.by) if names[figure] == KEPT else _judged(people, names[figure], asked.by)
    return {
        "name": names[figure],
        "is_counted": names[figure] == KEPT,
        "switch": [(name, asked.query(figure=slug), slug == figure) for slug, name in names.items()],
        "parts_switch": [(words, asked.query(by=by), by == asked.by) for by, words in PARTS.items()],
        "asked": asked,
        "part": PARTS[asked.by],
        "plot": _plot(names[figure], rows),
        "telling": telling([row.judged for row in rows if row.judged]),
        "rows": [_row(row.judged) for row in rows if row.judged],
        "looks": len(rows),
        **_in_parts(names[figure], rows, asked),
    }


def _judged(people: Sequence[Judged], name: str, by: str) -> list[Shown]:
    return [
        Shown(
            row.arm,
            row.difference.figure,
            row.is_clear,
            {part: each.figure for part, each in row.parts.get(by, {}).items()},
            row,
        )
        for row in people
        if row.name == name
    ]


def _kept(arms: list[Arm], figures: Exact, by: str) -> list[Shown]:
    parts = kept_by(arms, by)
    return [
        Shown(
            each.arm,
            _estimate(each.against),
            parts={part: _estimate(kept) for part, kept in parts.get(each.arm.pk, {}).items()},
        )
        for each in figures.arms
        if each.against
    ]


def _estimate(kept: Kept) -> Estimate:
    """Counted, so its ends are not those of a sample: what failed calls could make of it."""
    failed = kept.arm.failed or kept.control.failed
    return Estimate(kept.difference, kept.bounds if failed else None, kept.arm.verdicts)


def _plot(name: str, rows: list[Shown]) -> Dots | None:
    one_factor = len({row.arm.factor for row in rows}) == 1
    shown = [
        (_name(row.arm, one_factor), row.whole, signed(row.whole.value), between(row.whole.ci95))
        for row in rows
        if row.whole.value is not None
    ]
    if not shown:
        return None
    label = f"{name}, difference to the control, points"
    made = dots(shown, label=label, across=label, ticks=_ticks([row.whole for row in rows]), reference=0.0)
    clear = [row.is_clear for row in rows if row.whole.value is not None]
    css = {True: "c-accent", False: "c-accent hollow"}
    marked = [replace(dot, css=css[is_clear]) for dot, is_clear in zip(made.rows, clear, strict=True)]
    return replace(made, rows=marked)


def _in_parts(name: str, rows: list[Shown], asked: Asked) -> dict:
    """A plot of up to three arms, and a table of all."""
    chosen = [row for row in rows if row.arm.pk in asked.arms][: len(MARKS)] or rows[: len(MARKS)]
    one_factor = len({row.arm.factor for row in rows}) == 1
    parts = sorted({part for row in rows for part in row.parts})
    groups = [(part, [_mark(row, part, mark) for row, mark in zip(chosen, MARKS, strict=False)]) for part in parts]
    across = f"{name}, difference to the control, points"
    every = [each for row in chosen for each in row.parts.values()]
    label = f"{name}: differences to the control by {asked.by}; the table has the values"
    return {
        "parts_plot": grouped_dots(groups, label=label, across=across, ticks=_ticks(every), reference=0.0)
        if parts
        else None,
        "key": [(_name(row.arm, one_factor), css, shape) for row, (css, shape) in zip(chosen, MARKS, strict=False)],
        "choices": [(row.arm.pk, _name(row.arm, one_factor), row in chosen) for row in rows],
        "parts_rows": [_part_row(row, part, asked.by) for row in rows for part in sorted(row.parts)],
        "n_parts": len(parts),
        "parts_words": SEVERAL[asked.by] if len(parts) != 1 else PARTS[asked.by].lower(),
        "fewest": FEWEST_OF_PART,
    }


def _mark(row: Shown, part: str, mark: tuple[str, str]) -> tuple[Estimate, str, str, str, str]:
    figure = row.parts.get(part, Estimate(None))
    return figure, signed(figure.value), between(figure.ci95), *mark


def _part_row(row: Shown, part: str, by: str) -> dict:
    figure = row.parts[part]
    people = row.judged.people_parts[by][part] if row.judged else None
    return {
        "arm": row.arm.label,
        "part": part,
        "difference": signed(figure.value),
        "interval": between(figure.ci95),
        "people": between(people.ci95) if people else "",
        "n": figure.n,
    }


def _ticks(figures: Sequence[Estimate]) -> list[tuple[float, str]]:
    ends = [abs(end) for each in figures for end in each.ci95 or (each.value or 0.0,)]
    widest = next(each for each in WIDTHS if each >= max(ends, default=0.0) or each == WIDTHS[-1])
    return [(at * widest, _tick(at * widest)) for at in (-1.0, -0.5, 0.0, 0.5, 1.0)]


def _tick(share: float) -> str:
    return f"{100 * share:+.3g}".replace("-", "−") if share else "0"


def _name(arm: Arm, one_factor: bool) -> str:
    """Where all arms differ in the same thing, what it is need not be said of each."""
    return arm.label.partition(": ")[2] or arm.label if one_factor else arm.label


def _row(row: Judged) -> dict:
    found = row.difference
    return {
        "arm": row.arm.label,
        "of_arm": percent(row.of_arm.value),
        "of_control": percent(row.of_control.value),
        "difference": signed(found.figure.value),
        "interval": between(found.figure.ci95),
        "why": found.figure.reason,
        "n": found.figure.n,
        "p": "" if row.p is None else "< .001" if row.p < 0.001 else f"{row.p:.3f}",
        "is_clear": row.is_clear,
        "bounds": between(row.bounds),
        "detectable": "" if found.detectable is None else f"{100 * found.detectable:.1f}",
        "needed": {f"{100 * wanted:g}": n for wanted, n in row.needed.items() if n},
        "people": between(row.people.ci95) if row.people else "",
    }
