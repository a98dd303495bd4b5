"""Do intervals of agreement hold where nearly all judgments are yes, or does a word say that they may not?

Each item has its own chance of yes, Beta(s·prevalence, s·(1 - prevalence)), so that three judgments have κ = 1/(s + 1).
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.bars import Row, within
from stats.agreement.skewed import skewed_agreement

COUNTS = np.array([[3, 0], [2, 1], [1, 2], [0, 3]])
NAMES = {"alpha": "krippendorff_alpha nominal", "kappa": "fleiss_kappa", "AC1": "gwet_ac1"}
SPREADS = {0.2: 4.0, 0.4: 1.5, 0.7: 3 / 7}
SKEWED, PLAIN = ((0.93, 60), (0.93, 200), (0.97, 60), (0.97, 200)), ((0.5, 100), (0.7, 100), (0.9, 100))
BAR, SELDOM, DRAWS = 0.92, 0.005, 400


def rows(replications: int) -> Iterator[Row]:
    for prevalence, items in SKEWED:
        for kappa in SPREADS:
            held, warned = _held(prevalence, items, kappa, replications)
            where = f"prevalence {prevalence}, {items} items, true kappa {kappa}: warned {100 * warned:.0f} %"
            for name, share in held.items():
                yield within(f"{name} holds or is warned of, {where}", share, BAR, 1)
    for prevalence, items in PLAIN:
        held, warned = _held(prevalence, items, 0.4, replications)
        yield within(f"warned, prevalence {prevalence}, {items} items", warned, 0, SELDOM)
        for name, share in held.items():
            yield within(f"{name} holds, prevalence {prevalence}, {items} items", share, BAR, 1)


def _held(prevalence: float, items: int, kappa: float, replications: int) -> tuple[dict[str, float], float]:
    rng = np.random.default_rng([round(100 * prevalence), items, round(10 * kappa)])
    spread = SPREADS[kappa]
    chance = rng.beta(spread * prevalence, spread * (1 - prevalence), 4_000_000)
    shares = np.bincount(rng.binomial(3, chance), minlength=4) / len(chance)
    truth = skewed_agreement(COUNTS, np.round(shares * 1e9), draws=2, rng=rng).coefficients
    held, warned = dict.fromkeys(NAMES, 0), 0
    for _ in range(replications):
        found = skewed_agreement(COUNTS, rng.multinomial(items, shares), draws=DRAWS, rng=rng)
        warned += bool(found.warning)
        for name, leaf in NAMES.items():
            ci95 = found.coefficients[leaf].ci95
            held[name] += bool(found.warning) or (ci95 is not None and ci95[0] <= truth[leaf].value <= ci95[1])
    return {name: count / replications for name, count in held.items()}, warned / replications
