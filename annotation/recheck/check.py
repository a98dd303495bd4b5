"""The figures of a study worked out anew from its exported CSV, item by item, beside those that the pages show.

Neither the tallies on the items nor the patterns that they are grouped by are read.
"""

import json
import math
import tempfile
from collections.abc import Callable, Container, Iterator
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from functools import partial
from itertools import takewhile
from typing import BinaryIO
from uuid import uuid4

from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.figures.headline import UNIT, figures_page
from annotation.figures.numbers import Figures, by_group, figures_of, study_figures
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.panel import Asked, Shown
from annotation.figures.panels.rows import one_in
from annotation.figures.panels.tables import Table
from annotation.figures.panels.words import interval, large, percent
from annotation.figures.plots import span
from annotation.models import Judgment, Study
from annotation.recheck.panels import (
    GAMMA,
    READ_OUT,
    Lines,
    Recounted,
    Rounded,
    agreement,
    ceiling,
    filter_against_people,
    joint,
    reliability,
    settling,
    shares,
    threshold,
)
from annotation.recheck.people import annotators, coming, revised
from annotation.recheck.rows import Judged, judged_in, patterns_in
from annotation.selection import EVERYTHING
from common.snapshot import snapshot
from stats.estimate import Estimate
from stats.rates import wilson

TOLERANCE = 1e-12
# Of the sample's design, for items that nobody has judged are not in the export, and what is known of gold items.
NOT_IN_CSV = {
    "figures": ("items", "wanted"),
    "coming": ("Items with none", "Judgments to go"),
    "annotators": ("Gold as expected",),
}
RECOUNTED: dict[str, Callable[[Recounted], Lines]] = {
    **{f"{name} by {by}": partial(shares, by=by, name=name)
       for name in ("plausibility", "typicality") for by in ("relation", "category", "run")},
    "confusion": filter_against_people,
    "agreement": agreement,
    "threshold": threshold,
    "calibration": reliability,
    "settling": settling,
    "joint": joint,
    "anchoring": revised,
    "coming": coming,
    "annotators": annotators,
}  # fmt: skip
# Of very many judgments these are read from a part of the items.
SAMPLED = ("Median seconds", "Says yes", "Agrees with the others")


@dataclass(frozen=True, slots=True)
class Difference:
    figure: str
    shown: object
    from_csv: object


@dataclass(slots=True)
class Check:
    """`compared` numbers by where they are shown; `not_in_csv` names those that are not compared, and why."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    not_in_csv: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> int:
        return sum(self.compared.values())

    def compare(self, where: str, shown: dict, anew: dict, name: str) -> None:
        pairs = list(_pairs(shown, anew, name))
        self.compared[where] = len(pairs)
        self.differences += [Difference(*pair) for pair in pairs if not _alike(*pair[1:])]


def figures_check(study: Study, csv: BinaryIO | None = None) -> Check:
    """Without a CSV one is exported, with the revisions and of the same moment."""
    check = Check()
    with snapshot(), tempfile.TemporaryFile() as exported:
        if csv is None:
            exported.writelines(judgments_stream(Rows(study, Options(revisions=True))))
            exported.seek(0)
        judged = judged_in(csv or exported, study)
        found = Recounted(study, judged, patterns_in(judged, study.questions))
        _check_figures(check, found)
        # A revision of its own: what is kept for others may be of a moment ago.
        asked = Asked(study, EVERYTHING, str(uuid4()))
        _check_ceiling(check, found, asked)
        for where, recount in RECOUNTED.items():
            _check_panel(check, found, asked, where, recount)
    return check


def _check_figures(check: Check, found: Recounted) -> None:
    shown = study_figures(found.study)
    left_out = NOT_IN_CSV["figures"]
    check.not_in_csv += left_out
    both = [{name: each for name, each in figures.as_dict().items() if name not in left_out}
            for figures in (shown, _figures(found, shown))]  # fmt: skip
    check.compare("figures", *both, name="")


def _figures(found: Recounted, shown: Figures) -> Figures:
    rows, judged, questions = found.rows, found.judged, found.study.questions
    audits = judged["audit"][judged.counting]
    return Figures(
        items=shown.items,
        wanted=shown.wanted,
        items_complete=int((rows.counts[questions[0].name].sum(axis=1) == found.study.overlap).sum()),
        annotators=len(set(judged["annotator"][judged.counting].tolist())),
        updated_at=None,
        audit=wilson(int((audits == 1).sum()), int((audits >= 0).sum())),
        by_relation=by_group(rows, questions),
        **figures_of(rows, questions),
    )


def _check_ceiling(check: Check, found: Recounted, asked: Asked) -> None:
    """The page has it in words only."""
    shown = next(each for each in figures_page(asked)["headlines"] if each["key"] == "accuracy")
    anew, has_filter = ceiling(found), bool(found.decided.any())
    people, same = anew.annotators.accuracy, anew.filter.accuracy
    has_ceiling = people.value is not None and has_filter
    compared = f"{large(anew.comparisons)} comparisons."
    if same.value is not None:
        compared += f" On exactly these the filter reaches {percent(same.value)} ({interval(same.ci95, percent)})."
    words = f"○ human ceiling {percent(people.value)} ({interval(people.ci95, percent)})"
    check.compare(
        "human ceiling",
        {"said": shown["lines"], "drawn": shown["ceiling"], "compared": shown["how"].text.partition("others, ")[2]},
        {
            "said": [words] if has_ceiling else [],
            "drawn": span(people, UNIT) if has_ceiling else None,
            "compared": compared,
        },
        name="human ceiling",
    )


def _check_panel(check: Check, found: Recounted, asked: Asked, where: str, recount: Callable) -> None:
    name, _, by = where.partition(" by ")
    if reason := _unknowable(name, found.judged, asked):
        check.not_in_csv.append(f"{where}: {reason}")
        return
    left_out = {each: f"{where}: {each}" for each in NOT_IN_CSV.get(name, ())}
    if name == "annotators" and (part := one_in(asked)) > 1:
        left_out |= {each: f"{where}: {each} ({_sampled(part)})" for each in SAMPLED}
    check.not_in_csv += left_out.values()
    shown = PANELS[name].shown(replace(asked, by=by or "relation"))
    lines = [_without(left_out, each) for each in (_lines(name, shown), recount(found))]
    check.compare(where, *lines, name=where)


def _unknowable(name: str, judged: Judged, asked: Asked) -> str:
    """Why a CSV can't tell what the panel shows."""
    if name == "joint" and (part := one_in(asked)) > 1:
        return _sampled(part)
    if name == "anchoring" and not judged.has_revisions:
        return "the CSV has no revisions; leave out --csv, or export it with --revisions"
    if name == "anchoring" and (n := _unanswered(asked.study)):
        return f"{n:,} verdicts were revealed to people who have not answered yet, and the CSV has answers only"
    return ""


def _sampled(part: int) -> str:
    return f"of 1 in {part} items, and the CSV does not say which"


def _unanswered(study: Study) -> int:
    unanswered = Judgment.objects.counting().to_audit().filter(participant__study=study)
    return unanswered.exclude(revisions__after_reveal=True).count()


def _lines(name: str, shown: Shown) -> Lines:
    """The table, and the numbers beside it that are in no table."""
    lines = _of_table(shown.table) if shown.table else {}
    if name == "coming" and shown.table:
        lines["Pace"] = {"Judgments a day": shown.more["coming"].pace}
    if name == "joint" and shown.table:
        gamma = next(each for each in shown.more["figures"] if each["name"] == GAMMA)
        lines[GAMMA] = {part: gamma[part] for part in ("value", "interval")}
    if name == "threshold" and shown.table:
        parts, slider = ("at", "interval", "reason"), enumerate(json.loads(shown.more["curve"]))
        lines |= {f"slider at {k / 100:g}": dict(zip(READ_OUT, figures, strict=True)) for k, figures in slider}
        lines |= {each["title"]: {part: each[part] for part in parts if part in each} for each in shown.more["choices"]}
    if name == "anchoring" and shown.table:
        lines["p"] = {"said": shown.short.partition("p = ")[2]}
    return lines


def _of_table(table: Table) -> Lines:
    """A line is called by its first words; words at its end, such as an annotator's state, are no numbers."""
    n_words = len(list(takewhile(lambda column: column.kind == "text", table.columns))) or 1
    places = [place for place, column in enumerate(table.columns) if place >= n_words and column.kind != "text"]
    return {
        ", ".join(map(str, row[:n_words])): {table.columns[place].title: row[place] for place in places}
        for row in table.rows
    }


def _without(left_out: Container[str], lines: Lines) -> Lines:
    kept = {name: values for name, values in lines.items() if name not in left_out}
    return {
        name: {column: each for column, each in values.items() if column not in left_out}
        for name, values in kept.items()
    }


def _pairs(shown: object, anew: object, name: str = "") -> Iterator[tuple[str, object, object]]:
    """The numbers and words of both, by what they are called."""
    shown, anew = (_opened(each) for each in (shown, anew))
    if not (isinstance(shown, dict) and isinstance(anew, dict)):
        yield name, shown, anew
        return
    for key in (*shown, *(key for key in anew if key not in shown)):
        yield from _pairs(shown.get(key), anew.get(key), f"{name}.{key}" if name else str(key))


def _opened(value: object) -> object:
    """What has parts, as a dictionary of them."""
    if isinstance(value, Estimate):
        return value.as_dict()
    if is_dataclass(value):
        return asdict(value)
    if isinstance(value, list) and any(isinstance(each, dict) and "relation" in each for each in value):
        return {each["relation"]: each for each in value}
    return dict(enumerate(value)) if isinstance(value, list | tuple) else value


def _alike(shown: object, anew: object) -> bool:
    if isinstance(shown, float) and isinstance(anew, Rounded):
        return abs(shown - anew) <= 0.5e-4 + TOLERANCE
    if isinstance(shown, int | float) and isinstance(anew, int | float):
        return math.isclose(shown, anew, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return shown == anew
