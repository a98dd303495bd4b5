"""The numbers of the panels that speak of people and time, worked out anew from the columns of an exported CSV."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation.recheck.panels import Lines, Recounted
from annotation.recheck.rows import NOT_SAID
from stats.estimate import Estimate, undefined
from stats.filter.ceiling import annotator_ceilings
from stats.people.anchoring import anchoring
from stats.rates import wilson

LONGEST_SECONDS = 3600
PACE_DAYS = 7
NOBODY = -1


def revised(csv: Recounted) -> Lines:
    """By the last revision after the reveal; who revised has seen the verdict, and so has who answered the audit."""
    judged = csv.judged
    is_revised = judged["after"] != NOT_SAID
    revealed = judged.counting & ((judged["audit"] != NOT_SAID) | is_revised)
    verdict = np.array(judged.items["verdict"], dtype=str)[judged["item"]]
    moved = revealed & is_revised & (verdict != "")
    if not moved.any():
        return {}
    after = np.where(moved, judged["after"], judged["plausibility"])
    who = judged["annotator"][revealed]
    found = anchoring(judged["plausibility"][revealed], after[revealed], (verdict == "yes")[revealed], clusters=who)
    figures = {"Towards the verdict": found.towards, "Away from it": found.away, "Not changed": found.unchanged}
    lines: Lines = {name: {"Share": figure, "Judgments": figure.n} for name, figure in figures.items()}
    return lines | {"p": {"said": "" if found.p_value is None else f"{found.p_value:.2g}."}}


def coming(csv: Recounted) -> Lines:
    n_judged = csv.rows.counts[csv.study.questions[0].name].sum(axis=1)
    complete = int((n_judged == csv.study.overlap).sum())
    numbers = {
        "Items with all judgments": complete,
        "Items with some": len(n_judged) - complete,
        "Judgments so far": int(n_judged.sum()),
    }
    return {name: {"Number": n} for name, n in numbers.items()} | {"Pace": {"Judgments a day": _pace(csv)}}


def _pace(csv: Recounted) -> float:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    at = csv.judged["at"][csv.judged.counting]
    recent = at[at >= (today - timedelta(days=PACE_DAYS - 1)).timestamp()]
    if not len(recent):
        return 0
    first = timezone.localdate(datetime.fromtimestamp(float(recent.min()), UTC))
    return len(recent) / ((today.date() - first).days + 1)


def annotators(csv: Recounted) -> Lines:
    """Also those whose judgments don't count; who is not in the CSV has judged nothing."""
    judged = csv.judged
    own = judged["plausibility"] >= csv.from_option[0]
    agrees, alike = _agreement_with_others(csv, own), _repeats_alike(csv)
    found = {}
    for name in {*csv.study.participants.values_list("pseudonym", flat=True), *judged.annotators}:
        who = judged.annotators.get(name, NOBODY)
        theirs = judged["annotator"] == who
        n = int(theirs.sum())
        found[name] = {
            "Judgments": n,
            "Median seconds": _median(judged["seconds"][theirs]) if n else None,
            "Says yes": wilson(int((theirs & own).sum()), n),
            "Agrees with the others": agrees.get(who, undefined("nobody else has judged these items")),
            "Repeats alike": alike.get(who, undefined("no items judged twice")),
        }
    return found


def _agreement_with_others(csv: Recounted, own: NDArray[np.bool_]) -> dict[int, Estimate]:
    """Of each judgment the item's counting ones and itself: who doesn't count is compared with those who do."""
    judged = csv.judged
    if not len(own):
        return {}
    item, counts, n_items = judged["item"], judged.counting, len(judged.item_places)
    n = np.bincount(item[counts], minlength=n_items)[item] + ~counts
    yes = np.bincount(item[counts & own], minlength=n_items)[item] + (~counts & own)
    found = annotator_ceilings(judged["annotator"], own, yes, n, own)
    return {who: ceiling.annotators.accuracy for who, ceiling in found.items()}


def _median(seconds: NDArray[np.float64]) -> int:
    """The lower of the two in the middle."""
    whole = np.sort(np.minimum(np.rint(seconds), LONGEST_SECONDS))
    return int(whole[(len(whole) - 1) // 2])


def _repeats_alike(csv: Recounted) -> dict[int, Estimate]:
    """On the same sides as the first time; not asked both times is alike too."""
    if not csv.study.repeat_share:
        return {}
    first, found = _first_answers(csv), defaultdict(Counter)
    for who, item, *again in csv.judged.repeats:
        if earlier := first.get((who, item)):
            found[who][_sides(csv, again) == _sides(csv, earlier)] += 1
    return {who: wilson(counts[True], counts.total()) for who, counts in found.items()}


def _first_answers(csv: Recounted) -> dict[tuple[int, int], tuple[int, int]]:
    """By annotator and item."""
    columns = (csv.judged[name].tolist() for name in ("annotator", "item", "plausibility", "typicality"))
    return {(who, item): (one, other) for who, item, one, other in zip(*columns, strict=True)}


def _sides(csv: Recounted, answers: Sequence[int]) -> list[bool | None]:
    pairs = zip(answers, csv.from_option, strict=True)
    return [None if answer == NOT_SAID else answer >= yes_from for answer, yes_from in pairs]
