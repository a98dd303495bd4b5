"""Typicality against plausibility: an intention may be plausible and yet not typical."""

from dataclasses import dataclass, field

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import TITLE, Bubbles, Disc, Scale, Tick
from annotation.figures.rows.kinds import Rows
from annotation.figures.speaking import response_factors
from annotation.figures.tables import Column, Table
from annotation.figures.words import Form, because, interval, percent, plain, sampled, whole_percent
from annotation.scales import Question
from stats.estimate import Estimate
from stats.joint import Joint, plausible_but_atypical

ROW, TOP, LARGEST = 88, 22, 34


@dataclass(frozen=True, slots=True)
class Both:
    """Both ratings of a judgment, of 1 in `part` items."""

    first: Question = field(compare=False)
    second: Question = field(compare=False)
    part: int = field(compare=False)
    found: Joint


def numbers(rows: Rows) -> Both:
    (first, second), rated = rows.asked.study.questions, rows.rated_twice()
    found = plausible_but_atypical(
        rated.counts,
        first.says_yes.index(True),
        second.says_yes.index(True),
        weights=response_factors(rows.judged()[0], rated.stratum) / rated.inclusion,
        strata=rated.stratum,
        items=rated.items,
    )
    return Both(first, second, rated.part, found)


def words(both: Both) -> Shown:
    found = both.found
    if found.table is None:
        return Shown(empty="No judgment rates typicality yet.")
    figures = {
        "Plausible, yet not typical": (found.atypical, percent),
        "Of the plausible, not typical": (found.atypical_of_plausible, percent),
        "γ of the two": (found.gamma, plain),
    }
    return Shown(
        short="Share of the judgments with both ratings, weighted to the run: the discs' areas." + sampled(both.part),
        table=_table(both),
        more={"figures": [_figure(name, *figure) for name, figure in figures.items()]},
    )


def _table(both: Both) -> Table:
    found, first, second = both.found, both.first, both.second
    cells = [
        (f"{first.short}: {first.label(one)}", f"{second.short}: {second.label(other)}", share)
        for one, shares in zip(first.ascending, found.table or (), strict=True)
        for other, share in zip(second.ascending, shares, strict=True)
    ]
    summary = [
        ("Plausible, yet not typical", "of all judgments", found.atypical),
        ("Plausible, yet not typical", "of the plausible", found.atypical_of_plausible),
    ]
    return Table("Both ratings of a judgment", (Column("First"), Column("Second"), Column("Share", "share")),
                 [*cells, *summary])  # fmt: skip


def _figure(name: str, figure: Estimate, form: Form) -> dict:
    return {"name": name, "value": form(figure.value), "interval": interval(figure.ci95, form) or because(figure)}


def plot(both: Both) -> Bubbles:
    table, first, second = both.found.table or [], both.first, both.second
    across = Scale(0, len(second.options) - 1, 32, 90)
    rows = list(enumerate(reversed(first.ascending)))
    discs = [
        _disc(across(k), TOP + ROW * i + LARGEST, share)
        for i, _ in rows
        for k, share in enumerate(table[len(rows) - 1 - i])
    ]
    return Bubbles(
        label=f"{second.short} against {first.short.lower()}; the table has the values",
        across=second.short,
        up=first.short,
        height=TOP + ROW * len(rows) + TITLE,
        columns=[Tick(across(k), second.label(value)) for k, value in enumerate(second.ascending)],
        rows=[Tick(TOP + ROW * i + LARGEST, f"{first.short}: {first.label(value)}") for i, value in rows],
        discs=discs,
    )


def _disc(x: float, y: int, share: float) -> Disc:
    radius = round(LARGEST * share**0.5, 1)
    return Disc(x, y, radius, y + radius + 14, whole_percent(share))


PANEL = Panel(
    "joint",
    "Typicality against plausibility",
    How(
        "Judgments with both ratings; an item counts once, by the shares of its annotators, with its weight. γ says "
        "how much the two go together: 1 always in one direction, 0 not at all.",
        "γ = (concordant − discordant) / (concordant + discordant) pairs",
        "Goodman and Kruskal 1954 and 1963; shares as in Särndal et al. 1992.",
    ),
    numbers,
    words,
    plot,
    template="studies/panels/figures.html",
)
