"""Every figure that the pages show of a study, as functions of rows: from the database, or from an exported CSV."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

from annotation.figures.comparison import rows_compare
from annotation.figures.numbers import figures_of
from annotation.figures.opinions import latent_figures
from annotation.figures.panels.all import panels_of
from annotation.figures.panels.shares import NAMES
from annotation.figures.periods.by_relation import MEASURES, relations_of
from annotation.figures.periods.numbers import PERIODS, periods_of
from annotation.models import Study
from annotation.selection import EVERYTHING, Selection

Figure = tuple[str, Callable[[Any], object], dict]  # its name, how it is worked out, and what is asked for it alone


def figures_shown(study: Study, choice: Selection) -> Iterator[Figure]:
    yield "figures", figures_of, {}
    if choice.counted == EVERYTHING != choice:
        return  # the same judgments read otherwise: no panel has other numbers
    yield "latent truth", partial(latent_figures, draws=20), {}  # few will do: the votes are the same or not
    for panel in panels_of(study):
        for by in [{"by": by} for by in NAMES] if panel.has_switch else [{}]:
            yield panel.name, panel.numbers, by
        if panel.name == "threshold" and choice == EVERYTHING:
            yield panel.name, panel.numbers, {"wanted": 0.7, "bound": "lower"}
    if choice == EVERYTHING:
        yield "report", lambda rows: rows.reported(), {}
        yield from ((f"by {span}", partial(periods_of, by=span), {}) for span in PERIODS)
        for a, b in combinations(study.runs.order_by("pk"), 2):
            name = f"{a.name} against {b.name}"
            yield name, partial(rows_compare, a=a, b=b), {}
            for each in MEASURES:
                yield f"{name} by relation, {each}", partial(relations_of, a=a, b=b, measure=each), {}
