"""Who said what of which item, counted in an exported CSV."""

import numpy as np

from annotation.figures.rows.kinds import ItemAudits, Labels, SingleVotes
from annotation.recheck.columns import NOT_SAID, Columns
from annotation.scales import Question


def item_audits(csv: Columns) -> ItemAudits:
    """A row each item with an audit."""
    said, item = csv["audit"][csv.counting], csv["item"][csv.counting]
    audits, right = (np.bincount(item, by, csv.n_items).astype(np.int64) for by in (said != NOT_SAID, said == 1))
    at = audits > 0
    inclusion = csv.items["inclusion_probability"][at].astype(float)
    return ItemAudits(
        csv.items["stratum"][at], inclusion, audits[at], right[at], np.ones(int(at.sum()), dtype=np.int64)
    )


def labels(csv: Columns, question: Question) -> Labels:
    """A row each judgment that answers."""
    said = csv.counting & (csv[question.name] != NOT_SAID)
    item = csv["item"][said]
    return Labels(
        who=np.array(csv.annotators, dtype=str)[csv["annotator"][said]],
        stratum=csv.items["stratum"][item],
        inclusion=csv.items["inclusion_probability"][item].astype(float),
        judged=np.bincount(item, minlength=csv.n_items)[item],
        labels=np.ones(len(item), dtype=np.int64),
        yes=np.array(question.says_yes, dtype=np.int64)[csv[question.name][said]],
    )


def single_votes(csv: Columns, plausibility: Question) -> SingleVotes:
    said = csv.counting & (csv[plausibility.name] != NOT_SAID) & (csv.items["filter"][csv["item"]] != "")
    having, item = np.unique(csv["item"][said], return_inverse=True)
    return SingleVotes(
        item=item,
        who=np.array(csv.annotators, dtype=str)[csv["annotator"][said]],
        yes=np.array(plausibility.says_yes)[csv[plausibility.name][said]],
        kept=csv.items["filter"][having] == "kept",
        stratum=csv.items["stratum"][having],
        inclusion=csv.items["inclusion_probability"][having].astype(float),
        part=1,
    )
