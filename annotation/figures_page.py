"""The study page's words and formats for the numbers of `reports`."""

from annotation.models import Study
from annotation.reports import Figures, study_figures, study_revision
from annotation.stats.estimate import Estimate

RATE_HOW = (
    "Share of an item's annotators who say so, averaged over items with weight 1/inclusion probability, so that it "
    "speaks of the whole run (Hájek; Särndal et al. 1992). Interval: Wilson's at the effective sample size. Without "
    "weights {positive} of all {n} judgments: {raw}."
)
HOW = {
    "percent_item_mean": "Of all pairs of judgments on an item the share that agree, averaged over items.",
    "percent_pooled": "Agreeing pairs of all items together, divided by all pairs.",
    "fleiss_kappa": "(observed − expected) / (1 − expected), expected from the shares of the answers; with unequal "
    "numbers of annotators as in Gwet 2014.",
    "alpha_nominal": "1 − observed / expected disagreement, all answers equally far apart (Krippendorff 2011).",
    "alpha_ordinal": "As nominal, with the distance of two answers by how many judgments lie between them.",
    "gwet_ac1": "(observed − expected) / (1 − expected), expected as for guessing annotators (Gwet 2008); steadier "
    "than κ and α where nearly all say the same.",
    "gwet_ac2": "As AC1, with quadratic weights: near answers count as half agreement and more.",
    "accuracy": "Items where the verdict is that of the majority, weighted to the run.",
    "precision": "Of the kept items the share that the majority finds plausible.",
    "recall": "Of the items that the majority finds plausible the share that is kept.",
    "specificity": "Of the items that the majority finds implausible the share that is rejected.",
    "f1": "2 · precision · recall / (precision + recall).",
    "mcc": "The correlation of verdict and majority (Matthews 1975): 1 perfect, 0 as by chance.",
    "false_rejection_rate": "Of the rejected items the share that the majority finds plausible.",
}
FILTER_HOW = (
    " Truth is the majority of an item's annotators; ties are left out. Interval: Wilson's at the effective sample "
    "size, for MCC on Fisher's scale."
)
FILTER_NAMES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "specificity": "Specificity",
    "f1": "F1",
    "mcc": "MCC",
    "false_rejection_rate": "False rejections",
}


def figures_page(study: Study, *, with_excluded: bool = False) -> dict:
    # The revision is read first: a judgment in between is then shown again, never missed.
    revision = study_revision(study)
    figures = study_figures(study, with_excluded=with_excluded)
    return {
        "revision": revision,
        **{name: getattr(figures, name) for name in ("items", "items_judged", "items_complete", "judgments", "wanted")},
        "annotators": figures.annotators,
        "updated_at": figures.updated_at,
        "headlines": _headlines(study, figures),
        "agreement": [_agreement(study, figures, question.name) for question in study.questions],
        "confusion": _confusion(figures),
        "audit": {
            "name": "“The filter was right”, said after the reveal",
            **_percent_row(figures.audit, "answers"),
            "how": "Share of the audits that say right, with Wilson's interval (1927). Who has seen the verdict tends "
            "to follow it; accuracy above comes from blind ratings.",
        },
        "by_relation": [_relation(row) for row in figures.by_relation],
    }


def _headlines(study: Study, figures: Figures) -> list[dict]:
    first = study.questions[0]
    alpha = figures.agreement[first.name]["krippendorff_alpha"]["nominal"]
    return [
        *(_rate_headline(figures, question.name, question.short) for question in study.questions),
        {
            "key": "agreement",
            "title": "Agreement (α, plausible)",
            **_row(_leaf(alpha), _plain, "items judged twice or more"),
            "how": f"Krippendorff's α, nominal. {HOW['alpha_nominal']} Interval with items as sampling units.",
        },
        {
            "key": "accuracy",
            "title": "Filter accuracy",
            **_percent_row(figures.filter.accuracy, "items"),
            "how": HOW["accuracy"] + FILTER_HOW,
        },
    ]


def _rate_headline(figures: Figures, name: str, title: str) -> dict:
    raw = figures.raw_rates[name]
    how = RATE_HOW.format(positive=round((raw.value or 0) * raw.n), n=raw.n, raw=_percent(raw.value))
    row = _percent_row(figures.rates[name], "items")
    n = f"n = {_counted(raw.n, 'judgment')} of {_counted(figures.rates[name].n, 'item')}" if raw.n else ""
    return {"key": name, "title": title, **row, "n": n, "how": how}


def _agreement(study: Study, figures: Figures, name: str) -> dict:
    report = figures.agreement[name]
    question = next(question for question in study.questions if question.name == name)
    options = sorted(question.options, key=lambda option: option.value)
    shares = [
        f"{_percent(share['value'])} {option.label}"
        for option, share in zip(options, report["prevalence"], strict=True)
    ]
    ordered = len(options) > 2
    leaves = {
        "percent_item_mean": ("Percent agreement (item mean)", report["percent_agreement"]["item_mean"], _percent),
        "percent_pooled": ("Percent agreement (pooled pairs)", report["percent_agreement"]["pooled"], _percent),
        "fleiss_kappa": ("Fleiss κ", report["fleiss_kappa"], _plain),
        "alpha_nominal": ("Krippendorff α, nominal", report["krippendorff_alpha"]["nominal"], _plain),
        "alpha_ordinal": ("Krippendorff α, ordinal", report["krippendorff_alpha"]["ordinal"], _plain),
        "gwet_ac1": ("Gwet AC1", report["gwet_ac1"], _plain),
        "gwet_ac2": ("Gwet AC2, quadratic", report["gwet_ac2"]["quadratic"], _plain),
    }
    if not ordered:  # with two answers these equal the nominal ones
        leaves.pop("alpha_ordinal"), leaves.pop("gwet_ac2")
    return {
        "question": question.short,
        "prevalence": ", ".join(reversed(shares)) if figures.judgments else "",
        "rows": [
            {"name": title, **_row(_leaf(leaf), form), "how": HOW[key]} for key, (title, leaf, form) in leaves.items()
        ],
    }


def _confusion(figures: Figures) -> dict:
    quality = figures.filter
    rows = [
        {
            "name": title,
            **_row(getattr(quality, name), _plain if name in ("f1", "mcc") else _percent),
            "how": HOW[name] + FILTER_HOW,
        }
        for name, title in FILTER_NAMES.items()
    ]
    cells = {cell: getattr(quality, cell) for cell in ("tp", "fp", "fn", "tn")}
    return {**cells, "ties": figures.ties, "n": sum(cells.values()), "rows": rows}


def _relation(row: dict) -> dict:
    kept = row["kept"].value
    return {
        "relation_words": row["words"],
        "plausible": _dot(row["plausibility"]),
        "typical": _dot(row["typicality"]),
        "kept_share_text": _percent(kept),
    }


def _dot(share: Estimate) -> dict:
    low, high = share.ci95 or (None, None)
    text = f"{_percent(share.value)} ({_interval(share.ci95, _percent)})" if share.ci95 else share.reason
    return {"value": share.value, "low": low, "high": high, "text": text, "n": share.n}


def _leaf(leaf: dict) -> Estimate:
    ci95 = tuple(leaf["ci95"]) if leaf["ci95"] else None
    return Estimate(leaf["value"], ci95, leaf["n"], leaf.get("reason", ""))


def _percent_row(figure: Estimate, unit: str) -> dict:
    return _row(figure, _percent, unit)


def _row(figure: Estimate, form, unit: str = "") -> dict:
    n = f"n = {figure.n:,} {unit}" if unit else f"{figure.n:,}"
    return {
        "value": "undefined" if figure.value is None else form(figure.value),
        "interval": _interval(figure.ci95, form),
        "n": n,
        "reason": figure.reason or ("no interval: all judgments agree" if not figure.ci95 else ""),
    }


def _interval(ci95: tuple[float, float] | None, form) -> str:
    if not ci95:
        return ""
    low, high = (form(bound) for bound in ci95)
    return f"{low.removesuffix(' %')}–{high}" if not low.startswith("−") else f"{low.removesuffix(' %')} to {high}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _plain(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _counted(n: int, thing: str) -> str:
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"
