"""Whether those who saw both pictures judge otherwise than those who did not."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotation.figures.panels.agreement import said as agreed
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Looked, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from annotation.scales import Question
from stats.agreement.coefficients import gwet_ac1, percent_agreement
from stats.estimate import Estimate
from stats.paired import paired_difference
from stats.rates import NO_JUDGMENTS
from stats.sample import sample_of

FULL, NOT_FULL = "with a full look", "without"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Of one kind of look: shares of judgments, with items as sampling units, and agreement among themselves."""

    judgments: int
    plausible: Estimate
    typical: Estimate
    ac1: Estimate
    pairs: Estimate


@dataclass(frozen=True, slots=True)
class Look:
    """`difference` is of the shares plausible on the same items, full look less none."""

    untold: int
    part: int = field(compare=False)
    groups: dict[str, Group]
    difference: Estimate


def numbers(rows: Rows) -> Look:
    looked, questions = rows.looked(), rows.asked.study.questions
    groups = {name: _group(looked, looked.fully == full, questions) for name, full in ((FULL, True), (NOT_FULL, False))}
    return Look(looked.untold, looked.part, groups, _within_items(looked, questions[0]))


def _group(looked: Looked, of: NDArray[np.bool_], questions: tuple[Question, ...]) -> Group:
    first, second = questions
    item, answers = looked.item[of], looked.plausibility[of]
    counts = np.zeros((len(np.unique(item)), len(first.options)), dtype=np.int64)
    np.add.at(counts, (np.unique(item, return_inverse=True)[1], answers), 1)
    return Group(
        judgments=int(of.sum()),
        plausible=_share(item, np.array(first.says_yes)[answers]),
        typical=_share(*_typical(item, looked.typicality[of], second)),
        ac1=gwet_ac1(counts),
        pairs=percent_agreement(counts)["item_mean"],
    )


def _typical(item: NDArray[np.int64], answers: NDArray[np.int64], question: Question) -> tuple:
    asked = answers >= 0
    return item[asked], np.array(question.says_yes)[answers[asked]]


def _share(item: NDArray[np.int64], says: NDArray[np.bool_]) -> Estimate:
    """Of judgments, as the ratio of an item's yeses to its judgments."""
    code = np.unique(item, return_inverse=True)[1]
    judged = np.bincount(code).astype(float)
    yes = np.bincount(code, says, len(judged))
    sample = sample_of(len(judged), np.ones(len(judged)), np.zeros(len(judged), dtype=np.int64))
    return sample.ratio(yes, judged, NO_JUDGMENTS)


def _within_items(looked: Looked, question: Question) -> Estimate:
    says = np.array(question.says_yes)[looked.plausibility].astype(float)
    items, code = np.unique(looked.item, return_inverse=True)
    n = [np.bincount(code, looked.fully == full, len(items)) for full in (True, False)]
    yes = [np.bincount(code, says * (looked.fully == full), len(items)) for full in (True, False)]
    both = (n[0] > 0) & (n[1] > 0)
    return paired_difference(yes[0][both] / n[0][both], yes[1][both] / n[1][both])


def words(found: Look) -> Shown:
    n = {name: group.judgments for name, group in found.groups.items()}
    if not any(n.values()):
        return Shown(empty="No page has told what was seen: judgments by the API or from a file, or of an earlier day.")
    columns = (Column("Judged"), Column("Judgments", "count"), Column("Plausible", "share"), Column("Typical", "share"),
               Column("AC1", "coefficient"), Column("Pairs agree", "share"))  # fmt: skip
    lines = [
        (name, each.judgments, each.plausible, each.typical, each.ac1, each.pairs)
        for name, each in found.groups.items()
    ]
    difference = found.difference
    told = (
        f" On the same items their shares plausible differ by {agreed(difference)[0]} {agreed(difference)[1]}."
        if difference.value is not None
        else ""
    )
    untold = f" Of {large(found.untold)} nothing is told." if found.untold else ""
    some = f" Counted on one item in {found.part}." if found.part > 1 else ""
    counted = f"{large(n[FULL])} judgments {FULL} at both pictures, {large(n[NOT_FULL])} {NOT_FULL}."
    return Shown(
        short=f"{counted}{told}{untold}{some}",
        table=Table("Ratings and agreement by what was seen, with 95 % intervals", columns, lines),
        more={"difference": difference},
    )


def plot(found: Look) -> Dots:
    return dots(
        [(name, each.plausible, *said(each.plausible)) for name, each in found.groups.items()],
        label="Share plausible by what was seen; the table has the values",
        across="Share plausible, with 95 % interval",
        ticks=TICKS,
    )


PANEL = Panel(
    "looked",
    "What was really seen",
    How(
        "A full look: both pictures were loaded and at least half in view, or enlarged, before the answer was saved. "
        "Who looks and who does not are other people and other items, so the shares may differ for other reasons; the "
        "difference on the same items leaves the items out of it. Agreement is among those of the same look.",
        "mean over items of (share plausible with a full look − without)",
        "Gwet 2008.",
    ),
    numbers,
    words,
    plot,
)
