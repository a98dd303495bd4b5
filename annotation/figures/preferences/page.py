"""The figures of a preference study as tables, for its page and for CSV."""

from collections.abc import Callable
from datetime import datetime

from annotation.figures.numbers import study_revision
from annotation.figures.panels.panel import How
from annotation.figures.preferences.numbers import PreferenceFigures, preference_figures
from annotation.figures.tables import Column, Table
from annotation.figures.words import large, percent
from annotation.models import Skip, Study
from annotation.scales import PREFERENCE
from common.cached import cached

POLL_SECONDS, KEPT_SECONDS = 1, 120

PAIRS_HOW = How(
    "Of all judgments that could tell, a tie counts as half a win for each; every judgment weighs 1 by its pair's "
    "chance of being drawn. Co-buys and annotators are the sampling units: the interval speaks of more of both. At "
    "equal length: the same where both texts have as many words, by Davidson's model with the log of the lengths' "
    "ratio. Pairs whose texts are the same are counted apart, and nobody is asked about them.",
    "win rate = Σ w (wins + ties/2) / Σ w",
    "Wilson's interval at the effective size; Cameron, Gelbach and Miller 2011; Dubois et al. 2024 for lengths.",
)
STRENGTHS_HOW = How(
    "Each run has one strength, as log p with sum 0: a difference of 1 means that the stronger one wins 2.7 times as "
    "often as it loses. Both good and both bad are ties. Intervals of neighbours may overlap and the two differ all "
    "the same; the table of pairs says whether they do.",
    "P(i over j) = pᵢ / (pᵢ + pⱼ + ν √(pᵢ pⱼ)), P(tie) = ν √(pᵢ pⱼ) / (same)",
    "Davidson 1970; sandwich clustered by co-buy and annotator, Student's t by Satterthwaite 1946.",
)
CHECKS_HOW = How(
    "Sides are drawn for each judgment, so people who look at the texts choose left half of the time. Pairs that come "
    "again are mirrored: whoever prefers a text then says the other side. Of three runs on one co-buy and relation a "
    "majority may run in a circle: a over b, b over c, c over a; by chance a quarter do.",
    "",
    "Davidson and Beaver 1977 for the position; Kendall and Babington Smith 1940 for circles.",
)


def preference_page(study: Study) -> dict:
    """What the template needs. The revision is read first: a judgment in between is then shown again, never missed."""
    revision = study_revision(study)
    figures = cached(f"preferences-{study.pk}-{revision}", lambda: preference_figures(study), KEPT_SECONDS)
    parts = [
        {"name": name, "title": title, "how": how, "table": make(figures)}
        for name, (title, how, make) in PARTS.items()
        if name != "strengths" or len(figures.strengths) > 2
    ]
    return {
        "study": study,
        "revision": revision,
        "figures": figures,
        "updated_at": figures.updated_at if isinstance(figures.updated_at, datetime) else None,
        "poll_seconds": POLL_SECONDS,
        "leader": _leader(figures),
        "answers": _answers(figures),
        "left_out": _left_out(figures),
        "parts": parts,
    }


def preference_table(study: Study, name: str) -> Table | None:
    return PARTS[name][2](preference_figures(study)) if name in PARTS else None


def _pairs(figures: PreferenceFigures) -> Table:
    shares = ("Win rate", "Better", "Both good", "Both bad", "Worse", "Win rate at equal length")
    columns = (
        Column("Run"),
        Column("against"),
        *(Column(title, "share") for title in shares),
        Column("Times as long", "coefficient"),
        Column("Judgments", "count"),
        Column("Same text", "words"),
    )
    rows = [
        (
            pair.first, pair.second, pair.win, pair.better, pair.both_good, pair.both_bad, pair.worse,
            pair.equal_length, pair.longer, pair.win.n, f"{large(pair.identical)} of {large(pair.pairs)}",
        )
        for pair in figures.pairs
    ]  # fmt: skip
    return Table("Each pair of runs: how often the first is the better reason; 95 % intervals", columns, rows)


def _strengths(figures: PreferenceFigures) -> Table:
    ordered = sorted(figures.strengths.items(), key=lambda run: run[1].value or 0, reverse=True)
    columns = (Column("Run"), Column("Strength, log p", "coefficient"))
    return Table("Strength of each run, the strongest first; 95 % intervals", columns, ordered)


def _checks(figures: PreferenceFigures) -> Table:
    checks = figures.checks
    rows = [
        ("Left chosen, of the answers that prefer a side", checks.left, "50 %"),
        ("Pairs seen again, mirrored: the same text", checks.same_text, "the more the better"),
        ("Pairs seen again, mirrored: the same side", checks.same_side, "the less the better"),
    ]
    if len(figures.strengths) > 2:
        rows.append(("Triples of runs that run in a circle", checks.circles, "25 % by chance"))
    return Table("Checks; 95 % intervals", (Column("Check"), Column("Share", "share"), Column("Expected")), rows)


PARTS: dict[str, tuple[str, How, Callable[[PreferenceFigures], Table]]] = {
    "pairs": ("Which is better", PAIRS_HOW, _pairs),
    "strengths": ("How strong each run is", STRENGTHS_HOW, _strengths),
    "checks": ("Does the side matter, do people agree with themselves", CHECKS_HOW, _checks),
}


def _leader(figures: PreferenceFigures) -> str:
    """One sentence where two runs are compared, and none while nothing is known."""
    win = figures.pairs[0].win
    if len(figures.pairs) != 1 or win.value is None or not win.ci95:
        return ""
    pair, (low, high) = figures.pairs[0], win.ci95
    if low <= 0.5 <= high:
        return f"No difference is shown yet between {pair.first} and {pair.second}: the interval holds 50 %."
    better, worse = (pair.first, pair.second) if low > 0.5 else (pair.second, pair.first)
    rate = win.value if low > 0.5 else 1 - win.value
    return f"{better} is preferred over {worse}: it wins {percent(rate)}, with a tie as half."


def _answers(figures: PreferenceFigures) -> list[tuple[str, str]]:
    counts = zip(PREFERENCE.options, figures.answers.values(), strict=True)
    return [(option.label, large(n)) for option, n in counts]


def _left_out(figures: PreferenceFigures) -> str:
    skips = ", ".join(f"{Skip.Reason(reason).label} {large(n)}" for reason, n in figures.skips.items())
    return f"Skipped: {skips}." if skips else ""
