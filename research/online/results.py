"""The figures of an experiment in a shop, from its sums."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from research.models import OnlineArm, OnlineExperiment
from research.online.counting import METRICS, online_counted
from stats.differences.lift import Floats, Lift, SampleRatio, lift, sample_ratio, slope
from stats.looking import multiplier

ALARM = 0.001  # of the sample ratio: it is looked at again and again
FEWEST_BUYERS = 30  # in each of two arms, or a band says nothing yet
TOO_FEW = f"a band begins at {FEWEST_BUYERS} buyers in each arm"


@dataclass(frozen=True, slots=True)
class Look:
    """After a day: the lift, valid at any look, and for one look planned beforehand."""

    day: date
    units: int
    value: float
    sequence: tuple[float, float]
    fixed: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """One arm with the control, by one metric; without a look yet, the reason why."""

    arm: OnlineArm
    metric: str
    looks: list[Look]
    variance_saved: float | None  # by what units did before; None without it
    reason: str = ""

    @property
    def last(self) -> Look | None:
        return self.looks[-1] if self.looks else None

    @property
    def since(self) -> date | None:
        """From which look on the band has left 0 and not come back."""
        outside = [look.sequence[0] > 0 or look.sequence[1] < 0 for look in self.looks]
        if not outside or not outside[-1]:
            return None
        last_inside = max((n for n, out in enumerate(outside) if not out), default=-1)
        return self.looks[last_inside + 1].day


@dataclass(frozen=True, slots=True)
class ArmCounts:
    arm: OnlineArm
    units: int
    ended: int
    buyers: int
    purchases: int
    money: float


@dataclass(frozen=True, slots=True)
class OnlineResults:
    online: OnlineExperiment
    arms: list[ArmCounts]
    ratio: SampleRatio | None
    compared: list[Compared]

    @property
    def is_uneven(self) -> bool:
        return self.ratio is not None and self.ratio.p < ALARM

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.online.name,
            "counted_at": self.online.counted_at,
            "arms": [
                {"name": each.arm.name, "weight": each.arm.weight, "units": each.units, "window_ended": each.ended,
                 "buyers": each.buyers, "purchases": each.purchases, "money": each.money}
                for each in self.arms
            ],
            "sample_ratio": {**self.ratio._asdict(), "alarm": self.is_uneven} if self.ratio else None,
            "lifts": [_lift_dict(each) for each in self.compared],
            "left_out": left_out(self.online),
        }  # fmt: skip


def left_out(online: OnlineExperiment) -> dict[str, int]:
    names = ("early", "late", "unknown", "crossed", "strayed")
    counted = {name: online.counted.get(name, 0) for name in names}
    return {**counted, "repeats": online.repeats, "erased_units": online.erased_units}


def online_results(online: OnlineExperiment) -> OnlineResults:
    online_counted(online)
    arms, rows = list(online.arms.all()), online.counted.get("rows", [])
    days = sorted({row["day"] for row in rows})
    units, ended = np.zeros((2, len(days), len(arms)))
    sums = {metric: np.zeros((len(days), len(arms), 6)) for metric in METRICS}
    for row in rows:
        where = days.index(row["day"]), row["arm"]
        units[where], ended[where] = row["units"], row["ended"]
        for metric in METRICS:
            sums[metric][where] = [row["ended"], *row[metric]]
    so_far = {metric: np.cumsum(each, axis=0) for metric, each in sums.items()}
    when = [date.fromisoformat(day) for day in days]
    total = {metric: each.sum(axis=0) for metric, each in sums.items()}
    return OnlineResults(
        online,
        [
            ArmCounts(
                arm, int(units[:, k].sum()), int(ended[:, k].sum()), int(total["buyers"][k, 1]),
                int(total["purchases"][k, 1]), float(total["money"][k, 1]),
            )
            for k, arm in enumerate(arms)
        ],
        sample_ratio(units.sum(axis=0), [arm.weight for arm in arms]),
        [
            _compared(online, arm, metric, days=when, so_far=so_far[metric], buyers=so_far["buyers"])
            for arm in arms[1:] for metric in METRICS
        ],
    )  # fmt: skip


def _compared(
    online: OnlineExperiment, arm: OnlineArm, metric: str, *, days: list[date], so_far: Floats, buyers: Floats
) -> Compared:
    """`so_far` (days, arms, 6)."""
    looks, before = [], 0.0
    for day, sums, bought in zip(days, so_far, buyers, strict=True):
        if sums[:, 0].sum() == before or min(bought[arm.place, 1], bought[0, 1]) < FEWEST_BUYERS:
            continue
        before = sums[:, 0].sum()
        if found := lift(sums, arm.place, theta=slope(sums)):
            looks.append(_look(day, found, online.planned_units))
    saved = _saved(so_far[-1], arm.place) if looks else None
    return Compared(arm, metric, looks, saved, "" if looks else TOO_FEW)


def _look(day: date, found: Lift, planned: int) -> Look:
    return Look(day, found.n, found.value, found.interval(float(multiplier(found.n, planned))), found.interval())


def _saved(sums: Floats, arm: int) -> float | None:
    """Share of the variance that what was before has taken away."""
    theta = slope(sums)
    plain, steadied = lift(sums, arm), lift(sums, arm, theta=theta)
    return 1 - steadied.log_variance / plain.log_variance if theta and plain and steadied else None


def _lift_dict(each: Compared) -> dict[str, Any]:
    told: dict[str, Any] = {"arm": each.arm.name, "of": each.metric, "value": None, "reason": each.reason}
    if last := each.last:
        told = {
            "arm": each.arm.name, "of": each.metric, "value": last.value, "units": last.units,
            "at_any_look": list(last.sequence), "at_one_planned_look": list(last.fixed),
            "outside_zero_since": each.since, "variance_saved": each.variance_saved,
        }  # fmt: skip
    return told
