"""The figures of a preference study. Numbers here, words in `page`."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from django.db.models import Count, Max, Q, Sum

from annotation.figures.preferences.rows import Preferences, preferences_of
from annotation.models import Study
from annotation.scales import PREFERENCE_NAMES, Preference
from annotation.selection import EVERYTHING
from common.complete import fully_judged_q
from stats.estimate import Estimate, undefined
from stats.preference.davidson import LEFT, RIGHT, TIE, Compared, compared
from stats.preference.rates import circular_triples, share_of
from stats.preference.strengths import Strengths, bradley_terry, clusters, length_adjusted
from stats.rates import wilson

NO_REPEATS = "no pair was preferred twice"
OUTCOME = {Preference.LEFT: LEFT, Preference.RIGHT: RIGHT}


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Of two runs: `win` counts a tie as half, `equal_length` is the same with lengths taken out. Shares are of the
    judgments that could tell, weighted to the runs; `identical` pairs of texts were drawn and not asked."""

    first: str
    second: str
    win: Estimate
    better: Estimate
    worse: Estimate
    both_good: Estimate
    both_bad: Estimate
    equal_length: Estimate
    longer: float | None  # the mean ratio of the first one's words to the second one's
    identical: int
    pairs: int

    def as_dict(self) -> dict:
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value.as_dict() if isinstance(value, Estimate) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Checks:
    """`left` of the answers that prefer a side; of pairs seen twice, mirrored, `same_text` and `same_side` answers;
    `circles` of triples of runs, a quarter by chance."""

    left: Estimate
    position: Estimate
    same_text: Estimate
    same_side: Estimate
    circles: Estimate

    def as_dict(self) -> dict:
        return {name: getattr(self, name).as_dict() for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PreferenceFigures:
    items: int
    items_judged: int
    items_complete: int
    judgments: int
    wanted: int
    annotators: int
    identical: int
    updated_at: object
    answers: dict[str, int]
    skips: dict[str, int]
    pairs: list[PairFigures]
    strengths: dict[str, Estimate]
    tie: Estimate
    checks: Checks

    def as_dict(self) -> dict:
        """As the API and `study_stats` print it."""
        counts = ("items", "items_judged", "items_complete", "judgments", "wanted", "annotators", "identical")
        return {
            **{name: getattr(self, name) for name in counts},
            "answers": self.answers,
            "pairs": [pair.as_dict() for pair in self.pairs],
            "strengths": [{"run": run, **each.as_dict()} for run, each in self.strengths.items()],
            "tie": self.tie.as_dict(),
            "checks": self.checks.as_dict(),
        }


def preference_figures(study: Study) -> PreferenceFigures:
    runs = list(study.runs.order_by("pk"))
    rows = preferences_of(study, [run.pk for run in runs])
    firsts, names = rows.where(~rows.is_repeat), [run.name for run in runs]
    strengths = _strengths(firsts.where(firsts.told), len(runs))
    return PreferenceFigures(
        **_progress(study),
        judgments=len(firsts.said),
        annotators=len(np.unique(firsts.annotator)),
        answers={name: int((firsts.said == answer).sum()) for answer, name in PREFERENCE_NAMES.items()},
        skips=EVERYTHING.skips(study).by_reason(),
        pairs=_pairs(study, firsts, names),
        strengths=dict(zip(names, strengths.strengths, strict=True)),
        tie=strengths.tie,
        checks=_checks(rows, firsts, strengths),
    )


def _progress(study: Study) -> dict:
    items = study.items.sampled()
    asked = items.filter(overlap__gt=0)
    counted = asked.aggregate(
        items=Count("pk"),
        items_judged=Count("pk", filter=Q(n_judged__gt=0)),
        items_complete=Count("pk", filter=fully_judged_q()),
        wanted=Sum("overlap", default=0),
        updated_at=Max("judged_at"),
    )
    return {**counted, "identical": items.filter(overlap=0).count()}


def _pairs(study: Study, firsts: Preferences, names: list[str]) -> list[PairFigures]:
    drawn = study.items.sampled().values_list("run__name", "other_run__name")
    counted = drawn.annotate(n=Count("pk"), identical=Count("pk", filter=Q(overlap=0)))
    found = {(first, second): (n, identical) for first, second, n, identical in counted.order_by()}
    return [
        _pair(firsts.between(i, j), (names[i], names[j]), *found.get((names[i], names[j]), (0, 0)))
        for i, j in combinations(range(len(names)), 2)
    ]


def _pair(rows: Preferences, names: tuple[str, str], pairs: int, identical: int) -> PairFigures:
    told, of_first = rows.where(rows.told), rows.where(rows.told).of_first
    by = (told.cobuy, told.annotator, told.weights)
    shares = {
        name: share_of(of_first == answer, *by)
        for name, answer in zip(("better", "worse", "both_good", "both_bad"), Preference, strict=False)
    }
    return PairFigures(
        first=names[0],
        second=names[1],
        win=share_of(told.score, *by),
        **shares,
        equal_length=_equal_length(told),
        longer=float(np.exp(np.average(told.log_ratio, weights=told.weights))) if len(told.said) else None,
        identical=identical,
        pairs=pairs,
    )


def _equal_length(told: Preferences) -> Estimate:
    """Of the first run of the two, which is taken as 0."""
    side = (~told.first_left).astype(np.int64)
    data = compared(side, 1 - side, _outcome(told), None, told.weights)
    ratio = np.where(told.first_left, told.log_ratio, -told.log_ratio)
    return length_adjusted(data, ratio, clusters(told.cobuy, told.annotator))


def _strengths(told: Preferences, runs: int) -> Strengths:
    return bradley_terry(_compared(told), runs, clusters(told.cobuy, told.annotator))


def _compared(told: Preferences) -> Compared:
    left = np.where(told.first_left, told.first, told.second)
    right = np.where(told.first_left, told.second, told.first)
    return compared(left, right, _outcome(told), None, told.weights)


def _outcome(told: Preferences) -> np.ndarray:
    return np.select([told.said == answer for answer in OUTCOME], list(OUTCOME.values()), TIE)


def _checks(rows: Preferences, firsts: Preferences, strengths: Strengths) -> Checks:
    same_text, same_side = _repeats(rows)
    return Checks(
        left=share_of(firsts.said == Preference.LEFT, firsts.cobuy, firsts.annotator, among=firsts.decided),
        position=strengths.position,
        same_text=same_text,
        same_side=same_side,
        circles=_circles(firsts.where(firsts.told)),
    )


def _repeats(rows: Preferences) -> tuple[Estimate, Estimate]:
    """Of pairs judged twice with a side preferred both times: they came back mirrored."""
    decided = rows.where(rows.decided)
    first = {(who, item): i for i, (who, item) in enumerate(zip(decided.annotator, decided.item, strict=True))
             if not decided.is_repeat[i]}  # fmt: skip
    again = [
        (i, first[key])
        for i in np.flatnonzero(decided.is_repeat)
        if (key := (decided.annotator[i], decided.item[i])) in first
    ]
    if not again:
        return undefined(NO_REPEATS), undefined(NO_REPEATS)
    later, earlier = (np.array(places) for places in zip(*again, strict=True))
    same_text = decided.of_first[later] == decided.of_first[earlier]
    same_side = decided.said[later] == decided.said[earlier]
    return wilson(int(same_text.sum()), len(again)), wilson(int(same_side.sum()), len(again))


def _circles(told: Preferences) -> Estimate:
    key = np.stack([told.unit, told.first, told.second], axis=1)
    cells, place = np.unique(key, axis=0, return_inverse=True) if len(key) else (key, np.empty(0, dtype=int))
    lead = np.bincount(place.ravel(), 2 * told.score - 1, minlength=len(cells))
    return circular_triples(cells[:, 0], cells[:, 1], cells[:, 2], np.round(lead))
