"""The page of a test of purchases: designs side by side in the order of their worth, and what is behind them."""

from collections.abc import Sequence
from typing import Any

from annotation.figures.panels.panel import How
from annotation.figures.plots import Dots, dots
from annotation.figures.tables import Column, Table, Value
from distillation.pipeline.relations import RELATIONS
from research.models import PurchaseTest
from research.purchases.words import answer, bounds, leak_words, points
from stats.estimate import Estimate

DESIGNS = {
    "transfer": "Intentions of co-buys known before the date predict co-buys after it. To count, they must beat the "
    "partner titles they were written from.",
    "one-sided": "Intentions written from A and a relation alone: no partner in sight.",
    "naive": "The intention of the very pair that is to be predicted. Shown so that nobody is fooled by it; it stands "
    "in no report.",
}
RANKERS = {"bm25": "BM25", "tf-idf": "TF-IDF", "minilm": "MiniLM", "hybrid": "hybrid"}
MAIN = {"kept": "Kept", "all": "Intentions", "pair": "Very pair"}
AGAINST = {"title": "title", "partners": "partners’ titles", "shuffled": "others’ intentions"}
HOW = How(
    "For each co-buy that was first bought after the date, its true partner stands among 99 wrong ones; known partners "
    "and near-identical titles are no wrong partners. The text of an arm ranks them: the title has half of the say and "
    "what is added the other half, however long it is. All arms are asked the same. MRR is the mean of 1/rank, "
    "hits@10 the share with the partner among the first ten. Intervals: 2,000 resamples of the products that are asked "
    "about, drawn whole, and of the customers where they are known; the wider of both holds. Intentions predict where "
    "they beat all of their controls, each interval above 0 (the intersection-union test).",
    "difference = mean of 1/rank with intentions − the same of the control, co-buy by co-buy",
    "Robertson and Zaragoza 2009; Salton and Buckley 1988; Cormack, Clarke and Büttcher 2009; Efron 1979; Cameron, "
    "Gelbach and Miller 2011; Berger 1982.",
)


def test_page(tests: Sequence[PurchaseTest], ranker: str, negatives: str) -> dict[str, Any]:
    there = [name for name in RANKERS if any(name in each.results["rankers"] for each in tests)]
    kinds = {each.negatives: each.get_negatives_display() for each in tests}
    ranker = ranker if ranker in there else there[0]
    negatives = negatives if negatives in kinds else next(iter(kinds))
    shown = [each for each in tests if each.negatives == negatives and ranker in each.results["rankers"]]
    first = next((each for each in shown if not each.is_leaky), None)
    groups = [part for each in shown if not each.is_leaky for part in _groups(each, ranker)]
    return {
        "test": tests[0],
        "run": tests[0].run,
        "rankers": {name: RANKERS[name] for name in there},
        "ranker": ranker,
        "kinds": kinds,
        "negatives": negatives,
        "answer": answer(first, ranker) if first else None,
        "designs": [_design(each, ranker) for each in shown],
        "differences": _differences(shown, ranker),
        "both": _both_kinds(tests, ranker),
        "groups": groups,
        "too_few": [part for part in groups if part["few"] and not part["words"]],
        "warnings": sorted({words for each in shown for words in each.results["warnings"]}),
        "how": HOW,
    }


def _design(test: PurchaseTest, ranker: str) -> dict[str, Any]:
    results, found = test.results, test.results["rankers"][ranker]
    return {
        "test": test,
        "words": DESIGNS[test.design],
        "leak": leak_words(test),
        "caption": f"{found['queries']:,} co-buys, {results['candidates']} candidates each",
        "table": arms_table(test, ranker),
        "left_out": [(reason, n) for reason, n in results["left_out"].items() if n],
    }


def estimate(figure: dict[str, Any]) -> Estimate:
    ci95 = figure["ci95"]
    return Estimate(figure["value"], tuple(ci95) if ci95 else None, figure["n"], figure.get("reason", ""))


def arms_table(test: PurchaseTest, ranker: str) -> Table:
    columns = (Column("Text of A is"), Column("MRR", "fine"), Column("Hits@1", "share"),
               Column("Hits@10", "share"), Column("Co-buys", "count"), Column("Role"))  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (arm["title"], *(estimate(arm[name]) for name in ("mrr", "hits@1", "hits@10")), arm["queries"], arm["note"])
        for arm in test.results["rankers"][ranker]["arms"]
    ]
    return Table(f"{test.get_design_display()}: arms by {RANKERS[ranker]}; 95 % intervals", columns, rows)


def _differences(shown: Sequence[PurchaseTest], ranker: str) -> dict[str, Any] | None:
    rows = [
        (f"{each.get_design_display()}: {MAIN[found['main']]} − {AGAINST[name]}", figure)
        for each in shown
        for found in [each.results["rankers"][ranker]]
        for name, figure in found["differences"].items()
    ]
    rows += [
        (f"{each.get_design_display()}: without the leak − title", each.results["rankers"][ranker]["over_title"]["cut"])
        for each in shown
        if each.is_leaky
    ]
    if not rows:
        return None
    table = Table(
        "Paired differences in MRR, bootstrap over products and customers",
        (Column("Difference"), Column("MRR", "fine")),
        [(name, estimate(figure)) for name, figure in rows],
    )
    return {"table": table, "plot": _difference_plot(rows)}


def _difference_plot(rows: Sequence[tuple[str, dict[str, Any]]]) -> Dots:
    ends = [abs(end) for _, each in rows for end in (each["ci95"] or [each["value"] or 0])]
    reach = next(each for each in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if each >= max(ends) or each == 1.0)
    return dots(
        [(name, estimate(each), points(each["value"]), f"({bounds(each)})") for name, each in rows],
        label="Paired differences in MRR with 95 % intervals; the table has the values",
        across="Difference in MRR, points",
        ticks=[(-reach, points(-reach)), (0, "0"), (reach, points(reach))],
        reference=0.0,
    )


def _both_kinds(tests: Sequence[PurchaseTest], ranker: str) -> Table | None:
    """Transfer with wrong partners at random and of the same category."""
    by_kind = {
        each.negatives: each for each in tests if each.design == "transfer" and ranker in each.results["rankers"]
    }
    if len(by_kind) < 2:
        return None
    of = {kind: {arm["name"]: arm for arm in each.results["rankers"][ranker]["arms"]} for kind, each in by_kind.items()}
    rows = [
        (arm["title"], *(estimate(arms[name]["mrr"]) if name in arms else None for arms in of.values()))
        for name, arm in next(iter(of.values())).items()
    ]
    columns = (Column("Text of A is"), *(Column(by_kind[kind].get_negatives_display(), "fine") for kind in of))
    return Table("MRR by wrong partners, transfer design", columns, rows)


def _groups(test: PurchaseTest, ranker: str) -> list[dict[str, Any]]:
    found, design = test.results["rankers"][ranker], test.get_design_display()
    parts = [
        ("by_label", "People’s label", "Do intentions that people find plausible predict better?"),
        ("by_relation", "Relation", "Each relation’s intentions alone"),
        ("by_category", "Category of A", "By category"),
    ]
    return [
        {
            "id": f"{test.pk}-{name}",
            "test_id": test.pk,
            "name": name,
            "title": title,
            "design": design,
            "table": _group_table(found[name], head, design),
            "words": _filter_words(found) if name == "by_label" else "",
            "few": _few_words(found[name]),
        }
        for name, head, title in parts
        if found[name]
    ]


def _group_table(rows: Sequence[dict[str, Any]], head: str, design: str) -> Table:
    columns = (Column(head), Column("Co-buys", "count"), Column("MRR", "fine"),
               Column("Over the title", "fine"))  # fmt: skip
    few = {"value": None, "ci95": None, "n": 0, "reason": "too few"}
    lines = [
        (
            RELATIONS[row["name"]].words if row["name"] in RELATIONS else row["name"],
            row["queries"],
            estimate(row.get("mrr", few)),
            estimate(row.get("over_title", few)),
        )
        for row in rows
    ]
    return Table(f"{design}: MRR by {head[0].lower()}{head[1:]}; 95 % intervals", columns, lines)


def _few_words(rows: Sequence[dict[str, Any]]) -> str:
    """Where no row has a figure, one line says as much as a table of dashes; the file has the counts."""
    if any("mrr" in row for row in rows):
        return ""
    most = max(row["queries"] for row in rows)
    return f"{most:,} co-buys at most in each of {len(rows):,}."


def _filter_words(found: dict[str, Any]) -> str:
    both = found["kept_rejected"]
    if not both or both["difference"]["value"] is None:
        return ""
    difference = both["difference"]
    low, high = difference["ci95"] or (0, 0)
    read = (
        "the filter chooses what predicts" if low > 0 else "it chooses against it" if high < 0 else "this may be chance"
    )
    return (
        f"Does the filter choose what predicts? Kept less rejected intentions: {points(difference['value'])} MRR "
        f"({bounds(difference)}) on {both['queries']:,} co-buys that have both; {read}."
    )


def table_named(test: PurchaseTest, ranker: str, name: str) -> Table | None:
    if ranker not in test.results["rankers"]:
        return None
    found = test.results["rankers"][ranker]
    heads = {"by_label": "People’s label", "by_relation": "Relation", "by_category": "Category of A"}
    if name == "arms":
        return arms_table(test, ranker)
    if name == "differences":
        made = _differences([test], ranker)
        return made["table"] if made else None
    return _group_table(found[name], heads[name], test.get_design_display()) if name in heads else None
