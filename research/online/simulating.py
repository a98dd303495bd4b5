"""A shop that is made up, through the same door as a real one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from research.models import OnlineArm, OnlineExperiment
from research.online.assignment import assigned
from research.online.intake import EXPOSURES, MOST_ROWS, OUTCOMES
from research.online.refusals import OnlineRefused
from research.online.services import ArmPlan, events_take, online_create

SHOWS = OnlineArm.Shows
ARMS = (ArmPlan(name="titles", shows=SHOWS.TITLES), ArmPlan(name="intentions", shows=SHOWS.KEPT))
MOST_UNITS = 1_000_000
WINDOW_DAYS = 7
RATES = (0.5, 1.5)  # of visitors who seldom and who often buy; what they did before tells them apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    units: int
    days: int
    rate: float
    lift: float
    lost: float = 0.0
    seed: int = 1

    def refuse_nonsense(self) -> None:
        if not 1 <= self.units <= MOST_UNITS or not 1 <= self.days <= 365:
            raise OnlineRefused(f"Give 1 to {MOST_UNITS:,} units and 1 to 365 days")
        if not (0 < self.rate <= 0.5 and self.lift > -1 and self.rate * RATES[1] * (1 + self.lift) <= 1):
            raise OnlineRefused("--rate and --lift: no share of units that buy may be over 1; a rate is at most .5")
        if not 0 <= self.lost < 1:
            raise OnlineRefused("--lost: give a share from 0 to below 1")


@transaction.atomic
def shop_simulate(*, name: str, shop: Shop) -> OnlineExperiment:
    shop.refuse_nonsense()
    online = online_create(
        name=name, arms=ARMS, question="Rehearsal.", simulated=True, window_days=WINDOW_DAYS,
        planned_units=max(100, shop.units), salt=f"rehearsal-{shop.seed}",
    )  # fmt: skip
    rng, weights = np.random.default_rng(shop.seed), online.weights
    exposures: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    start = timezone.now() - timedelta(days=shop.days + WINDOW_DAYS + 1)
    for n in range(shop.units):
        unit = f"visitor-{n}"
        place = assigned(online.salt, unit, weights)
        at = start + timedelta(days=float(rng.uniform(0, shop.days)))
        rate = shop.rate * RATES[int(rng.integers(2))]
        if rng.random() < rate:
            outcomes.append(_outcome(f"before-{n}", unit, at - timedelta(days=float(rng.uniform(0.1, 20))), rng))
        if rng.random() < rate * (1 + shop.lift * place):
            outcomes.append(_outcome(f"after-{n}", unit, at + timedelta(days=float(rng.uniform(0, 6))), rng))
        if not (place and rng.random() < shop.lost):
            exposures.append({"key": f"shown-{n}", "unit": unit, "at": at.isoformat()})
    for kind, sent in ((EXPOSURES, exposures), (OUTCOMES, outcomes)):
        for k in range(0, len(sent), MOST_ROWS):
            events_take(online=online, kind=kind, rows=sent[k : k + MOST_ROWS])
    return online


def _outcome(key: str, unit: str, at: Any, rng: np.random.Generator) -> dict[str, Any]:
    return {"key": key, "unit": unit, "value": round(float(rng.lognormal(3, 0.5)), 2), "at": at.isoformat()}
