"""A design from its queries to its figures: by ranker, arm, relation, category and people's label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.ranking.designs import (
    Arm,
    Catalog,
    Design,
    Intentions,
    Query,
    arms_of,
    controls_of,
    leak,
    own_text,
    query_text,
)
from research.ranking.figures import Resampled, as_dicts, predicts, rank_difference, ranking_figures, resampled
from research.ranking.rankers import Ranker, rank_of_first

Floats = NDArray[np.float64]
FEWEST = 20  # queries of a group; of fewer nothing is shown
FEW = 200  # of fewer queries a test says that it can tell little
LABELS = ("typical", "plausible only", "not plausible", "not judged")


@dataclass(frozen=True)
class Trial:
    design: Design
    catalog: Catalog
    intentions: Intentions
    queries: Sequence[Query]
    filtered: bool
    seed: int = 0
    by: Resampled = field(init=False)

    def __post_init__(self) -> None:
        clusters: list[list[int]] = [[query.a for query in self.queries]]
        if any(query.customer >= 0 for query in self.queries):
            # Those of unknown customers are a customer each.
            clusters.append([each.customer if each.customer >= 0 else -2 - i for i, each in enumerate(self.queries)])
        object.__setattr__(self, "by", resampled(*map(np.array, clusters), seed=self.seed))

    @property
    def arms(self) -> list[Arm]:
        return arms_of(self.design, self.catalog, self.intentions, filtered=self.filtered, seed=self.seed)

    def every_arm(self) -> list[Arm]:
        """With those of single relations."""
        if self.design == "naive":
            return self.arms
        return [*self.arms, *(self.of_relation(name) for name in sorted(self.intentions.by_relation))]

    def of_relation(self, relation: str) -> Arm:
        return Arm(relation, relation, own_text(self.intentions, True if self.filtered else None, relation))

    @property
    def main(self) -> str:
        return "pair" if self.design == "naive" else "kept" if self.filtered else "all"

    def ranks(self, arm: Arm, ranker: Ranker) -> Floats:
        """NaN where the arm has nothing to say."""
        found = np.full(len(self.queries), np.nan)
        for i, query in enumerate(self.queries):
            if (text := query_text(self.catalog, arm, query)) is not None:
                found[i] = rank_of_first(ranker.scores(text, query.candidates))
        return found


def queries_of_use(
    design: Design, intentions: Intentions, queries: Sequence[Query], *, filtered: bool
) -> tuple[list[Query], int]:
    """Those that the intentions have something to say of, which every arm is then asked; and how many are left out."""
    kept = True if filtered else None
    use = [
        query
        for query in queries
        if (intentions.pair(query.a, query.b) if design == "naive" else intentions.chosen(query.a, kept))
    ]
    return use, len(queries) - len(use)


def trial_results(test: Trial, ranker: Ranker) -> dict[str, Any]:
    """The figures of one ranker, ready for JSON."""
    arms = test.arms
    ranks = {arm.name: test.ranks(arm, ranker) for arm in arms}
    main, title = ranks[test.main], ranks["title"]
    common = ~np.isnan(np.array([ranks[name] for name in (test.main, *controls_of(test.design))])).any(axis=0)
    against = {name: rank_difference(main, ranks[name], test.by, common) for name in controls_of(test.design)}
    others = {
        name: rank_difference(each, title, test.by, common & ~np.isnan(each))
        for name, each in ranks.items()
        if name not in ("title", test.main)
    }
    return {
        "queries": int(common.sum()),
        "arms": [_arm(arm, ranks[arm.name], common, test.by) for arm in arms],
        "main": test.main,
        "differences": as_dicts(against),
        "over_title": as_dicts(others),
        "predicts": predicts(against),
        "by_relation": _by_relation(test, ranker, title) if test.design != "naive" else [],
        "by_category": _by_category(test, main, title, common),
        "by_label": _by_label(test, main, title, common) if test.design == "transfer" else [],
        "kept_rejected": _kept_rejected(ranks, test.by, common) if "rejected" in ranks else None,
    }


def leak_of(test: Trial) -> dict[str, Any]:
    naming, used = leak(test.catalog, test.intentions, test.queries, test.design)
    return {"naming": naming, "intentions": used, "share": naming / used if used else None}


def _arm(arm: Arm, ranks: Floats, common: NDArray[np.bool_], by: Resampled) -> dict[str, Any]:
    use = common & ~np.isnan(ranks)
    figures = ranking_figures(ranks, by, use)
    return {"name": arm.name, "title": arm.title, "note": arm.note, "queries": int(use.sum()), **as_dicts(figures)}


def _row(name: str, test: Trial, main: Floats, title: Floats, use: NDArray[np.bool_]) -> dict[str, Any]:
    n = int(use.sum())
    if n < FEWEST:
        return {"name": name, "queries": n, "reason": "too few"}
    mrr, difference = test.by.mean(1 / main, use), rank_difference(main, title, test.by, use)
    return {"name": name, "queries": n, "mrr": mrr.as_dict(), "over_title": difference.as_dict()}


def _by_relation(test: Trial, ranker: Ranker, title: Floats) -> list[dict[str, Any]]:
    """Each relation's intentions alone, against the title, on the queries that have them."""
    rows = []
    for relation in sorted(test.intentions.by_relation):
        ranks = test.ranks(test.of_relation(relation), ranker)
        rows.append(_row(relation, test, ranks, title, ~np.isnan(ranks)))
    return rows


def _by_category(test: Trial, main: Floats, title: Floats, common: NDArray[np.bool_]) -> list[dict[str, Any]]:
    of = np.array([test.catalog.categories[query.a] or "none" for query in test.queries], dtype=object)
    return [_row(name, test, main, title, common & (of == name)) for name in sorted(set(of.tolist()))]


def _by_label(test: Trial, main: Floats, title: Floats, common: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """By what most of the people's labels on the intentions that were used say."""
    kept = True if test.filtered else None
    labels = []
    for query in test.queries:
        said = Counter(each.label for each in test.intentions.chosen(query.a, kept) if each.label)
        labels.append(said.most_common(1)[0][0] if said else LABELS[-1])
    of = np.array(labels, dtype=object)
    return [_row(name, test, main, title, common & (of == name)) for name in LABELS]


def _kept_rejected(ranks: dict[str, Floats], by: Resampled, common: NDArray[np.bool_]) -> dict[str, Any]:
    """Does the filter choose what predicts? On the queries that have both."""
    both = common & ~np.isnan(ranks["rejected"])
    difference = rank_difference(ranks["kept"], ranks["rejected"], by, both)
    return {"queries": int(both.sum()), "difference": difference.as_dict()}
