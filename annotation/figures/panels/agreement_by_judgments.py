"""Agreement of the first judgments, and of more and more."""

from collections import Counter
from dataclasses import dataclass

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, chart_scales, line, point, ticks
from annotation.figures.rows.kinds import Grown, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, large, plain
from annotation.scales import Question
from stats.agreement.coefficients import krippendorff_alpha, percent_agreement
from stats.estimate import Estimate
from stats.packing import unpack

HEIGHT = 290


@dataclass(frozen=True, slots=True)
class UpTo:
    """Agreement of the first so many judgments; `judgments` of them came since the moment before."""

    alpha: Estimate
    pairs: Estimate
    judgments: int


@dataclass(frozen=True, slots=True)
class AgreementByJudgments:
    """By the number of judgments so far."""

    so_far: dict[int, UpTo]


def numbers(rows: Rows) -> AgreementByJudgments:
    return AgreementByJudgments(up_to_each_moment(rows.grown(), rows.asked.study.questions[0]))


def up_to_each_moment(rows: list[Grown], question: Question) -> dict[int, UpTo]:
    """A judgment takes its item out of one pattern of counts and puts it into the next."""
    patterns: Counter[int] = Counter()
    found: dict[int, UpTo] = {}
    for step in sorted({row.step for row in rows}):
        among = [row for row in rows if row.step == step]
        for row in among:
            patterns[row.tally] += row.n
            patterns[row.tally - row.unit] -= row.n
        since = sum(row.n for row in among)
        found[max(found, default=0) + since] = UpTo(*_figures(patterns, question), since)
    return found


def _figures(patterns: Counter[int], question: Question) -> tuple[Estimate, Estimate]:
    packed = [tally for tally, n in patterns.items() if tally > 0 and n > 0]
    counts, weights = unpack(packed, len(question.options)), [patterns[tally] for tally in packed]
    return krippendorff_alpha(counts, weights), percent_agreement(counts, weights)["item_mean"]


def words(found: AgreementByJudgments) -> Shown:
    if not found.so_far:
        return Shown(empty="Nothing has been judged yet.")
    columns = (Column("Judgments", "count"), Column("α", "coefficient"), Column("Pairs agree", "share"),
               Column("Items", "count"), Column("Judgments since the row above", "count"))  # fmt: skip
    lines = [(n, up.alpha, up.pairs, up.alpha.n, up.judgments) for n, up in found.so_far.items()]
    return Shown(
        short="Krippendorff's α on plausible, of all judgments up to each point, in the order in which they came, with "
        "95 % interval.",
        table=Table("Agreement of the first judgments", columns, lines),
        more={"reason": list(found.so_far.values())[-1].alpha.reason},
    )


def plot(found: AgreementByJudgments) -> Chart | None:
    known = {n: up.alpha for n, up in found.so_far.items() if up.alpha.value is not None}
    if not known:
        return None
    last, at_last = max(found.so_far), list(known.values())[-1]
    low = -1 if any((alpha.ci95 or (0,))[0] < 0 for alpha in known.values()) else 0
    along, down = chart_scales(HEIGHT, low=low, right=last)
    marks = (-1, -0.5, 0, 0.5, 1) if low else (0, 0.25, 0.5, 0.75, 1)
    return Chart(
        label=f"Krippendorff's α by the number of judgments, at last {plain(at_last.value)} "
        f"({interval(at_last.ci95, plain)}); the table has the values",
        across="Judgments so far",
        up="Krippendorff's α on plausible",
        height=HEIGHT,
        along=ticks(along, (0, last / 2, last), ("0", large(round(last / 2)), large(last))),
        down=ticks(down, marks, [plain(mark) for mark in marks]),
        lines=[Curve(line([n / last for n in known], [alpha.value for alpha in known.values()], low=low), "c-line")],
        points=[point(along(n), alpha, down) for n, alpha in known.items()],
    )


PANEL = Panel(
    "agreement_by_judgments",
    "Is agreement settling?",
    How(
        "At up to 40 moments with about as many judgments between, the items as they had been judged by then, computed "
        "as if the study had ended there. A line that keeps moving, by more than its interval, says that the "
        "guidelines, or those who judge, have changed.",
        "α = 1 − observed / expected disagreement",
        "Krippendorff 2011; interval as in Gwet 2011, with items as sampling units.",
    ),
    numbers,
    words,
    plot,
)
