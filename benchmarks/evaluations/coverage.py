"""How often the clustered interval holds the truth, and how often Obuchowski's test rejects what is true."""

import numpy as np

from stats.matched import clustered_difference, obuchowski

TRUTH, COBUYS = 0.02, 300


def coverage(worlds: int, seed: int) -> tuple[float, float]:
    """Worlds of 300 co-buys with one to four questions each, that change together: (share held, share rejected)."""
    rng = np.random.default_rng(seed)
    held = rejected = 0
    for _ in range(worlds):
        cobuy = np.repeat(np.arange(COBUYS), rng.integers(1, 5, COBUYS))
        lean = rng.choice([TRUTH - 0.2, TRUTH + 0.2], COBUYS)[cobuy]
        change = rng.random(len(cobuy))
        d = np.where(change < 0.12 + lean / 2, 1.0, np.where(change > 0.88 + lean / 2, -1.0, 0.0))
        interval = clustered_difference(np.zeros(len(d)), d, cobuy)[0].ci95
        held += interval is not None and interval[0] <= TRUTH <= interval[1]
        without_effect = rng.choice([-1, 1], COBUYS)[cobuy] * d
        p_value = obuchowski(without_effect, cobuy)[1]
        rejected += p_value is not None and p_value < 0.05
    return held / worlds, rejected / worlds
