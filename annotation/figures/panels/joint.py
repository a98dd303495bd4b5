"""Typicality against plausibility: an intention may be plausible and yet not typical."""

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, Case, Sum, Value, When

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import one_in, sampled_words, some_judgments
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import because, interval, percent, plain, whole_percent
from annotation.figures.plots import Bubbles, Disc, Scale, Tick
from annotation.scales import Question
from stats.estimate import Estimate
from stats.joint import Joint, plausible_but_atypical
from stats.packing import unit, unpack

# The counts of an item as one number, then items alike as one row.
_ALIKE = """
    SELECT packed, i.stratum, i.inclusion_probability, count(*)
    FROM ({judgments}) j (item_id, packed) JOIN annotation_item i ON i.id = j.item_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
ROW, TOP, LARGEST = 88, 22, 34


def show(asked: Asked) -> Shown:
    part = one_in(asked)
    found = _joint(asked, part)
    if found is None or found.table is None:
        return Shown(empty="No judgment rates typicality yet.")
    first, second = asked.study.questions
    figures = {
        "Plausible, yet not typical": (found.atypical, percent),
        "Of the plausible, not typical": (found.atypical_of_plausible, percent),
        "γ of the two": (found.gamma, plain),
    }
    return Shown(
        short="Share of the judgments with both ratings, weighted to the run: the discs' areas." + sampled_words(part),
        plot=_plot(found.table, first, second),
        table=_table(found, first, second),
        more={"figures": [_figure(name, *figure) for name, figure in figures.items()]},
    )


def _joint(asked: Asked, part: int) -> Joint | None:
    first, second = asked.study.questions
    rows = _rows(asked, part)
    if not rows:
        return None
    packed, stratum, inclusion, items = zip(*rows, strict=True)
    n_first, n_second = len(first.options), len(second.options)
    return plausible_but_atypical(
        unpack(packed, n_first * n_second).reshape(-1, n_first, n_second),
        _from(first),
        _from(second),
        weights=1 / np.array(inclusion),
        strata=stratum,
        items=items,
    )


def _rows(asked: Asked, part: int) -> list[tuple]:
    first, second = asked.study.questions
    units = [
        When(plausibility=one, typicality=other, then=Value(unit(i * len(second.options) + k), BigIntegerField()))
        for i, one in enumerate(first.ascending)
        for k, other in enumerate(second.ascending)
    ]
    packed = Sum(Case(*units, default=Value(0), output_field=BigIntegerField()), output_field=BigIntegerField())
    judgments = some_judgments(asked, part).filter(typicality__isnull=False)
    inner, values = judgments.values_list("item_id").annotate(packed=packed).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE.format(judgments=inner), values)
        return cursor.fetchall()


def _from(question: Question) -> int:
    return question.says_yes.index(True)


def _plot(table: list[list[float]], first: Question, second: Question) -> Bubbles:
    across = Scale(0, len(second.options) - 1, 32, 90)
    rows = list(enumerate(reversed(first.ascending)))
    discs = [
        _disc(across(k), TOP + ROW * i + LARGEST, share)
        for i, _ in rows
        for k, share in enumerate(table[len(rows) - 1 - i])
    ]
    return Bubbles(
        label=f"{second.short} against {first.short.lower()}; the table has the values",
        height=TOP + ROW * len(rows),
        columns=[Tick(across(k), second.label(value)) for k, value in enumerate(second.ascending)],
        rows=[Tick(TOP + ROW * i + LARGEST, f"{first.short}: {first.label(value)}") for i, value in rows],
        discs=discs,
    )


def _disc(x: float, y: int, share: float) -> Disc:
    radius = round(LARGEST * share**0.5, 1)
    return Disc(x, y, radius, y + radius + 14, whole_percent(share))


def _table(found: Joint, first: Question, second: Question) -> Table:
    cells = [
        (f"{first.short}: {first.label(one)}", f"{second.short}: {second.label(other)}", found.table[i][k])
        for i, one in enumerate(first.ascending)
        for k, other in enumerate(second.ascending)
    ]
    summary = [
        ("Plausible, yet not typical", "of all judgments", found.atypical),
        ("Plausible, yet not typical", "of the plausible", found.atypical_of_plausible),
    ]
    return Table("Both ratings of a judgment", (Column("First"), Column("Second"), Column("Share", "share")),
                 cells + summary)  # fmt: skip


def _figure(name: str, figure: Estimate, form) -> dict:
    return {"name": name, "value": form(figure.value), "interval": interval(figure.ci95, form) or because(figure)}


PANEL = Panel(
    "joint",
    "Typicality against plausibility",
    How(
        "Judgments with both ratings; an item counts once, by the shares of its annotators, with its weight. γ says "
        "how much the two go together: 1 always in one direction, 0 not at all.",
        "γ = (concordant − discordant) / (concordant + discordant) pairs",
        "Goodman and Kruskal 1954 and 1963; shares as in Särndal et al. 1992.",
    ),
    show,
    template="studies/panels/figures.html",
)
