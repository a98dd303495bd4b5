"""Does a revealed verdict pull ratings? Those that differ from it are then revised more often than those that agree."""

from collections.abc import Iterator
from dataclasses import dataclass

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table, Value
from annotation.figures.words import because, interval, large, plain
from stats.estimate import Estimate
from stats.odds import OddsRatio
from stats.people.revisions import Revisions, revisions


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Of `revealed` judgments after which the verdict was shown, and `held_back` after which it was not."""

    revealed: int
    held_back: int
    found: Revisions


def numbers(rows: Rows) -> Anchoring:
    each, question = rows.revised(), rows.asked.study.questions[0]
    found = revisions(
        each.before,
        each.after,
        each.verdict,
        each.who,
        yes_from=question.says_yes.index(True),
        revealed=each.revealed,
        judgments=each.n,
    )
    return Anchoring(int(each.n[each.revealed].sum()), int(each.n[~each.revealed].sum()), found)


def words(n: Anchoring) -> Shown:
    if not n.revealed:
        return Shown(empty="No verdict has been revealed yet.")
    moves = f"{large(n.found.towards)} went towards the verdict, {large(n.found.away)} away from it"
    return Shown(
        short=f"Share of the ratings of plausible that were revised. After {large(n.revealed)} verdicts were revealed, "
        f"{moves}: more towards than away is no sign by itself, as a rating that differs from the verdict can only go "
        "towards it. The figures go on using the blind ratings.",
        table=_table(n),
        more={"figures": list(_readings(n.found))},
    )


def shares(found: Revisions) -> dict[str, Estimate]:
    """Those held back from the reveal only where there are any."""
    named = {
        "Differed from the verdict": found.revealed.differed,
        "Agreed with the verdict": found.revealed.agreed,
        "Differed, not revealed": found.control.differed,
        "Agreed, not revealed": found.control.agreed,
    }
    return {name: share for name, share in named.items() if share.n or name in list(named)[:2]}


def _table(n: Anchoring) -> Table:
    found = n.found
    figures = {f"Revised: {name[:1].lower()}{name[1:]}": share for name, share in shares(found).items()}
    figures |= {
        "Odds ratio of revision": found.pull.ratio,
        "Odds ratio against those held back": found.against_control.ratio,
    }
    lines: list[tuple[Value, ...]] = [(name, figure, figure.n) for name, figure in figures.items()]
    moves = [("Moved towards the verdict", None, found.towards), ("Moved away from it", None, found.away)]
    columns = (Column("What"), Column("Value, 95 %", "coefficient"), Column("Judgments", "count"))
    return Table("Ratings after the reveal", columns, [*lines, *moves])


def _readings(found: Revisions) -> Iterator[dict[str, str]]:
    yield _reading("Odds ratio of revision, differed over agreed", found.pull)
    if found.control.differed.n:
        yield _reading("Where they differed, revealed over held back", found.against_control)


def _reading(name: str, odds: OddsRatio) -> dict[str, str]:
    read = interval(odds.ratio.ci95, plain) or because(odds.ratio)
    test = "" if odds.p_value is None else f"; p = {odds.p_value:.2g}"
    return {"name": name, "value": plain(odds.ratio.value), "interval": f"{read}{test}"}


def plot(n: Anchoring) -> Dots:
    return dots(
        [(name, share, *said(share)) for name, share in shares(n.found).items()],
        label="Shares of ratings revised, where they differed and where they agreed; the table has the values",
        across="Share of ratings revised, with 95 % interval",
        ticks=TICKS,
    )


PANEL = Panel(
    "anchoring",
    "After the verdict is revealed",
    How(
        "How often ratings are revised that differed from the verdict, and that agreed with it. Without a pull of the "
        "verdict both are revised as often, and the odds ratio, within annotators, is 1; that is what its interval and "
        "p-value speak of. Judgments held back from the reveal, by lot, tell second thoughts from a pull: there all "
        "revisions count. Shares have annotators as sampling units.",
        "odds ratio = Σ aᵢdᵢ/nᵢ ÷ Σ bᵢcᵢ/nᵢ over annotators",
        "Mantel and Haenszel 1959; Robins, Breslow and Greenland 1986; Särndal et al. 1992.",
    ),
    numbers,
    words,
    plot,
    template="studies/panels/figures.html",
)
