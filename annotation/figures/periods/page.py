"""Time and category as tables and plots, for the page and for CSV."""

from annotation.figures.numbers import study_revision
from annotation.figures.panels.panel import How
from annotation.figures.periods.numbers import Drift, Measure, Period, Periods, periods
from annotation.figures.plots import Dots, dots
from annotation.figures.rates import FEWEST
from annotation.figures.rows.asked import Asked, is_large
from annotation.figures.tables import Column, Table
from annotation.figures.words import interval, large, percent, points, whole_percent
from annotation.models import Study

BY: dict[Period, str] = {"year": "Year of purchase", "month": "Month of purchase", "category": "Category"}
MOST_PLOTTED = 30
HOW = How(
    "A co-buy is of the time when somebody first had bought both of its products within the window of the import. "
    "Items weigh 1 by their chance of being drawn, and co-buys are the sampling units. Of fewer than "
    f"{FEWEST} items no rate is shown. Drawn towards all: empirical Bayes, the further the fewer items a group has; it "
    "is the better guess of few items. The trend is the slope of weighted least squares over the month of purchase, in "
    "points a year, with "
    "variance robust to co-buys as clusters; a straight line is all that it knows. The filter is right where it agrees "
    "with the majority of complete items; a tie counts one half.",
    "trend = Σ w (t − t̄)(y − ȳ) / Σ w (t − t̄)²",
    "Särndal, Swensson and Wretman 1992; Liang and Zeger 1986; DerSimonian and Laird 1986; Morris 1983.",
)
DRIFT_HOW = How(
    "Each run against the one begun before it. What a co-buy has in common in both is taken out; runs without a common "
    "co-buy are taken as independent. What the filters keep is counted over both runs whole. A difference may come of "
    "other co-buys as well as of another model: draw the study in pairs to tell.",
    "difference = Σ w y / Σ w of the later − the same of the earlier",
    "Särndal, Swensson and Wretman 1992, sections 5.7 and 10.3.",
)


def periods_of(study: Study, by: Period) -> Periods:
    """Computed once until somebody judges, of a large study once in a while; so purchases show some minutes later."""
    asked = Asked(study, revision=study_revision(study), on_page=True)
    return asked.once_in_a_while(f"periods by {by}", lambda: periods(study, by))


def periods_page(study: Study, by: Period) -> dict:
    found = periods_of(study, by)
    return {
        "study": study,
        "by": by,
        "switch": BY,
        "found": found,
        "is_large": is_large(study),
        "is_empty": not found.names,
        "undated": _undated(found),
        "parts": [_part(found, measure) for measure in found.measures if found.names],
        "how": HOW,
        "drift": drift_table(found) if found.drift else None,
        "drift_how": DRIFT_HOW,
    }


def _part(found: Periods, measure: Measure) -> dict:
    return {
        "name": measure.name,
        "title": measure.title,
        "trend": trend_words(measure),
        "alike": _alike(measure),
        "shown": {"plot": _plot(found, measure)},
        "table": measure_table(found, measure.name),
    }


def measure_table(found: Periods, name: str) -> Table:
    measure = next(each for each in found.measures if each.name == name)
    columns = (Column(BY[found.by]), Column("Items", "count"), Column(measure.title, "share"),
               Column("Drawn towards all", "share"), Column("With an answer", "count"))  # fmt: skip
    rows = [
        (group, items, raw, pooled, raw.n)
        for group, items, raw, pooled in zip(found.names, found.items, measure.raw, measure.pooled, strict=True)
    ]
    return Table(f"{measure.title} by {BY[found.by].lower()}; 95 % intervals", columns, rows)


def drift_table(found: Periods) -> Table:
    names = list(found.drift[0].figures)
    columns = (Column("Later run"), Column("Less"), *(Column(f"{name}, points", "points") for name in names))
    return Table("Drift from run to run; 95 % intervals", columns, [_drift_row(each) for each in found.drift])


def _drift_row(drift: Drift) -> tuple:
    return (drift.later, drift.earlier, *drift.figures.values())


def trend_words(measure: Measure) -> str:
    trend = measure.trend
    if trend.value is None:
        return f"No trend over years: {trend.reason}."
    if trend.ci95 is None:
        return "No trend over years: all say the same."
    low, high = trend.ci95
    read = "it rises" if low > 0 else "it falls" if high < 0 else "this may be chance"
    within = interval(trend.ci95, points)
    return f"Trend: {points(trend.value)} points a year ({within}), of {large(trend.n)} items; {read}."


def _alike(measure: Measure) -> str:
    test = measure.found.heterogeneity
    if test is None:
        return ""
    return f"If all groups were alike, shares so uneven came up with p = {test.p_value:.2g}."


def _plot(found: Periods, measure: Measure) -> Dots | None:
    """As drawn towards all; those of too few stay as names."""
    rows = [
        (name, rate, f"{percent(rate.value)}" if rate.value is not None else "too few", _behind(rate.ci95, rate.n))
        for name, rate in zip(found.names, measure.pooled, strict=True)
    ][:MOST_PLOTTED]
    if not any(rate.value is not None for _, rate, *_ in rows):
        return None
    reference = measure.found.overall.value
    return dots(
        rows,
        label=f"{measure.title} by {BY[found.by].lower()}, drawn towards all; the table has the values",
        across=f"{measure.title}, share with 95 % interval",
        ticks=[(0, "0"), (0.5, "50 %"), (1, "100 %")],
        reference=reference,
    )


def _behind(ci95: tuple[float, float] | None, n: int) -> str:
    return f"{interval(ci95, whole_percent)}, n {large(n)}" if ci95 else f"n {large(n)}"


def _undated(found: Periods) -> str:
    if not found.undated or found.by == "category":
        return ""
    return (
        f"{large(found.undated)} of {large(found.judged)} judged items are left out: nobody is known to have bought "
        "both products within the window. manage.py import_reviews FILE --window DAYS brings purchases in."
    )
