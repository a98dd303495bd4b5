"""The figures of a study against libraries that others wrote, on its exported CSV; nothing of `stats/` on their side.

python -m benchmarks.figures.independent                        makes a study, exports it, compares every value
python -m benchmarks.figures.independent JUDGMENTS INTENTIONS   their side alone, for a Python that has these packages
"""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from benchmarks.bars import at_most, show_all
from benchmarks.figures.agreement import BASE, REQUIREMENTS, their_python
from benchmarks.own_services import own_services

INTENTIONS, ITEMS, OVERLAP, ANNOTATORS = 4_000, 600, 3, 9
TOLERANCE = 1e-9
# Theirs is the model of Dawid and Skene as published; Mindsite's has a prior, worth ten labels an annotator
# and truth, which draws the best and the worst of nine to the others.
TOLERANCE_LATENT, ROUNDS = 0.05, 300
HELD_BACK, REVISES, FOLLOWS = 0.2, 0.05, 0.2  # shares: not revealed; revised; revised to the revealed verdict's side


def theirs(judgments: str, intentions: str) -> dict[str, list[float]]:
    """By the place of a figure in `study_stats --json`: its value, and where told its interval."""
    import pandas as pd  # noqa: PLC0415

    every = pd.read_csv(judgments, keep_default_na=False).astype({"plausibility": int})
    said = every[(every["kind"] == "item") & (every["counts"].astype(str).str.lower() == "true")]
    votes = said.pivot(index="item", columns="annotator", values="plausibility")
    items = said.groupby("item").agg(
        yes=("plausibility", "mean"),
        weight=("inclusion_probability", lambda chance: 1 / chance.iloc[0]),
        stratum=("stratum", "first"),
        kept=("filter", lambda name: name.iloc[0] == "kept"),
        p_yes=("p_yes", lambda p: float(p.iloc[0])),
    )
    p_yes = pd.read_csv(intentions)["p_yes"]
    return {
        **_agreement(votes), **_filter(items), **_rate(items), **_assisted(items, p_yes), **_anchoring(every),
        **_latent(said, items),
    }  # fmt: skip


def _agreement(votes) -> dict[str, list[float]]:
    import krippendorff  # noqa: PLC0415
    from irrCAC.raw import CAC  # noqa: PLC0415

    of = CAC(votes, weights="identity", digits=12)
    gwet = of.gwet()["est"]
    alpha = krippendorff.alpha(reliability_data=votes.to_numpy().T, level_of_measurement="nominal")
    return {
        "agreement plausibility krippendorff_alpha nominal": [alpha],
        "agreement plausibility fleiss_kappa": [of.fleiss()["est"]["coefficient_value"]],
        "agreement plausibility gwet_ac1": [gwet["coefficient_value"]],
        "agreement plausibility percent_agreement item_mean": [gwet["pa"]],
    }


def _filter(items) -> dict[str, list[float]]:
    from sklearn import metrics  # noqa: PLC0415

    truth, of = items["yes"] > 0.5, {"sample_weight": items["weight"]}
    return {
        "filter accuracy without_p_yes": [metrics.accuracy_score(truth, items["kept"], **of)],
        "filter precision without_p_yes": [metrics.precision_score(truth, items["kept"], **of)],
        "filter recall without_p_yes": [metrics.recall_score(truth, items["kept"], **of)],
        "filter specificity": [metrics.recall_score(~truth, ~items["kept"], **of)],
        "filter f1": [metrics.f1_score(truth, items["kept"], **of)],
        "filter mcc": [metrics.matthews_corrcoef(truth, items["kept"], **of)],
    }


def _rate(items) -> dict[str, list[float]]:
    """A stratified share with Wilson's interval at its effective size, Student's t for the normal quantile."""
    from scipy.stats import t  # noqa: PLC0415
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415
    from statsmodels.stats.weightstats import DescrStatsW  # noqa: PLC0415

    share = float(DescrStatsW(items["yes"], items["weight"]).mean)
    u = (items["weight"] * (items["yes"] - share) / items["weight"].sum()).groupby(items["stratum"])
    each, n = u.var(ddof=1) * u.size(), u.size()
    variance, free = each.sum(), each.sum() ** 2 / (each**2 / (n - 1)).sum()
    size, level = share * (1 - share) / variance, 2 * _normal_tail(t.ppf(0.975, free))
    low, high = proportion_confint(share * size, size, alpha=level, method="wilson")
    return {"rates plausibility without_p_yes": [share, float(low), float(high)]}


def _normal_tail(z: float) -> float:
    from scipy.stats import norm  # noqa: PLC0415

    return float(norm.sf(z))


def _assisted(items, p_yes) -> dict[str, list[float]]:
    """What a weighted regression predicts of every intention, and the weighted rest of the judged."""
    import statsmodels.api as sm  # noqa: PLC0415

    fitted = sm.WLS(items["yes"], sm.add_constant(items["p_yes"]), weights=items["weight"]).fit()
    predicted = fitted.predict(sm.add_constant(p_yes)).sum()
    return {"rates plausibility": [(predicted + items["weight"] @ fitted.resid) / len(p_yes)]}


def _anchoring(every) -> dict[str, list[float]]:
    """Odds of a revision, where the rating differed over where it agreed, in tables of each annotator."""
    from statsmodels.stats.contingency_tables import StratifiedTable  # noqa: PLC0415

    each = every[every["audit"] != ""].sort_values(["item", "annotator", "revision"]).groupby(["item", "annotator"])
    first, last = each["plausibility"].first(), each["plausibility"].last()
    differed, revised = (first == 1) != (each["verdict"].first() == "yes"), last != first
    tables = [
        [[(d & r).sum(), (d & ~r).sum()], [(~d & r).sum(), (~d & ~r).sum()]]
        for d, r in ((differed.xs(who, level=1), revised.xs(who, level=1)) for who in every["annotator"].unique())
    ]
    pooled = StratifiedTable([[[float(n) for n in row] for row in table] for table in tables])
    odds = [float(each) for each in (pooled.oddsratio_pooled, *pooled.oddsratio_pooled_confint())]
    return {"anchoring pull": odds, "anchoring p_value": [float(pooled.test_null_odds(correction=False).pvalue)]}


def _latent(said, items) -> dict[str, list[float]]:
    """Each annotator's share of right answers to be expected where so many items are plausible, by equations 2.3 to 2.5
    of Dawid and Skene 1979, without a prior."""
    import numpy as np  # noqa: PLC0415

    names, who = np.unique(said["annotator"], return_inverse=True)
    item, label = np.searchsorted(items.index, said["item"]), said["plausibility"].to_numpy()
    truth = np.stack([1 - items["yes"], items["yes"]], axis=1)
    for _ in range(ROUNDS):
        given = np.zeros((len(names), 2, 2))  # annotator, truth, label
        np.add.at(given, (who, slice(None), label), truth[item])
        errors = given / given.sum(axis=2, keepdims=True)
        likelihood = np.log(np.tile(truth.mean(axis=0), (len(items), 1)))
        np.add.at(likelihood, item, np.log(errors[who, :, label]))
        truth = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        truth /= truth.sum(axis=1, keepdims=True)
    share = float(np.average(truth[:, 1], weights=items["weight"]))
    right = (1 - share) * errors[:, 0, 0] + share * errors[:, 1, 1]
    return {"latent plausible": [share]} | {
        f"latent {name}": [float(each)] for name, each in zip(names, right, strict=True)
    }


def main() -> int:
    try:
        python = their_python()
    except subprocess.CalledProcessError:
        sys.exit(f"independent: its packages could not be installed; pip install -r {REQUIREMENTS.name} says why")
    with own_services() as folder:
        files = [str(Path(folder) / name) for name in ("judgments.csv", "intentions.csv")]
        shown = _exported(*files)
        command = [python, "-m", "benchmarks.figures.independent", *files]
        found = json.loads(subprocess.run(command, cwd=BASE, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return _compared(shown, found)


def _exported(judgments: str, intentions: str) -> dict:
    from django.core.management import call_command  # noqa: PLC0415

    from annotation.design.services import study_create  # noqa: PLC0415
    from annotation.judging.tallying import study_recompute  # noqa: PLC0415
    from benchmarks.fill import judgments_filled, run_filled  # noqa: PLC0415

    run = run_filled(INTENTIONS)
    study = study_create(
        name="independent", runs=[run], items=ITEMS, overlap=OVERLAP, strata=["relation", "verdict"], seed=3
    )
    judgments_filled(study, annotators=ANNOTATORS)
    _revised()
    study_recompute(study)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        call_command("export_judgments", study.name, output=Path(judgments), revisions=True)
        call_command("export_intentions", run.name, output=intentions, format="csv")
    out = io.StringIO()
    call_command("study_stats", study.name, json=True, stdout=out)
    return json.loads(out.getvalue()) | _of_panels(study)


def _revised() -> None:
    """Some judgments are held back from the reveal, and some revised, more often where they differ from the verdict."""
    import numpy as np  # noqa: PLC0415

    from annotation.models import Judgment, JudgmentRevision  # noqa: PLC0415

    rng, revisions, held = np.random.default_rng(1), [], []
    for judgment in Judgment.objects.select_related("item").order_by("pk"):
        before = {"plausibility": judgment.plausibility, "typicality": judgment.typicality}
        after = {**before, "plausibility": 1 - judgment.plausibility}
        differs, revealed = (judgment.plausibility == 1) != judgment.item.filter_yes, rng.random() >= HELD_BACK
        moves = rng.random() < (FOLLOWS if differs and revealed else REVISES)
        if moves:
            said = {"submission": uuid4(), "before": before, "after_reveal": revealed, **after}
            revisions.append(JudgmentRevision(judgment=judgment, **said))
        if not revealed:
            judgment.audit_asked, judgment.filter_right, judgment.audited_at = False, None, None
            judgment.audit_reason, judgment.plausibility = "", (after if moves else before)["plausibility"]
            held.append(judgment)
    JudgmentRevision.objects.bulk_create(revisions)
    Judgment.objects.bulk_update(held, ["plausibility", "audit_asked", "filter_right", "audited_at", "audit_reason"])


def _of_panels(study) -> dict:
    """What is on the page and not in `study_stats`."""
    from annotation.figures.opinions import ANNOTATOR, latent_figures  # noqa: PLC0415
    from annotation.figures.panels.anchoring import numbers  # noqa: PLC0415
    from annotation.figures.rows.asked import Asked  # noqa: PLC0415
    from annotation.figures.rows.live import Live  # noqa: PLC0415

    rows = Live(Asked(study))
    pull, latent = numbers(rows).found.pull, latent_figures(rows)
    return {
        "anchoring": {"pull": pull.ratio.as_dict(), "p_value": {"value": pull.p_value}},
        "latent": {name.removeprefix(ANNOTATOR): {"value": each.value} for name, each in latent.items()},
    }


def _compared(shown: dict, found: dict[str, list[float]]) -> int:
    worst, worst_latent = 0.0, 0.0
    print(f"{'':54}{'Mindsite':>14}{'theirs':>14}{'difference':>12}")
    for name, values in found.items():
        leaf = shown
        for key in name.split():
            leaf = leaf[key]
        ours = [leaf["value"], *(leaf.get("ci95") or ())][: len(values)]
        for what, one, other in zip(("", " low", " high"), ours, values, strict=False):
            if name.startswith("latent "):
                worst_latent = max(worst_latent, abs(one - other))
            else:
                worst = max(worst, abs(one - other))
            print(f"{name + what:54}{one:14.9f}{other:14.9f}{abs(one - other):12.1e}")
    latent = sum(len(values) for name, values in found.items() if name.startswith("latent "))
    n = sum(map(len, found.values())) - latent
    rows = [
        at_most(f"greatest difference of {n} values of {ITEMS} items", worst, TOLERANCE),
        at_most(f"that of {latent} of the latent truth, whose models differ", worst_latent, TOLERANCE_LATENT),
    ]
    return int(not show_all(rows))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(theirs(*sys.argv[1:])))
    else:
        sys.exit(main())
