"""Runs of known truth: 600 co-buys in twelve relations, what people would say of each intention, and p_yes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

COBUYS, RELATIONS = 600, 12
# How plausible an intention is on average, on the logit: about 69 and 98 % have two of three votes.
USUAL, HIGH = 0.75, 3.6


@dataclass(frozen=True, slots=True)
class World:
    """Of 7,200 intentions: truth, p_yes and relation."""

    plausible: Floats
    p_yes: Floats
    relation: Codes

    @property
    def kept(self) -> NDArray[np.bool_]:
        return self.p_yes >= 0.5

    def stratum(self) -> Codes:
        """Six: kept or rejected, by three groups of four relations."""
        return np.where(self.kept, 0, 3) + self.relation // 4

    def with_p_yes(self, kind: str, rng: np.random.Generator) -> "World":
        """good, as it is; useless, at random; adversarial, the opposite."""
        p_yes = {"good": self.p_yes, "useless": rng.permutation(self.p_yes), "adversarial": 1 - self.p_yes}[kind]
        return World(self.plausible, p_yes, self.relation)


def logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def world(constant: float, rng: np.random.Generator) -> World:
    """A filter that sees the same thing with noise, is too sure of itself, and is biased by relation."""
    cobuy, relation = np.repeat(np.arange(COBUYS), RELATIONS), np.tile(np.arange(RELATIONS), COBUYS)
    n = len(cobuy)
    about = rng.normal(0, 0.5, RELATIONS)[relation] + rng.normal(0, 0.7, COBUYS)[cobuy] + rng.normal(0, 1.1, n)
    votes = rng.binomial(3, logistic(constant + about))
    seen = 1.7 + 1.6 * about + rng.normal(0, 0.8, RELATIONS)[relation] + rng.normal(0, 1.8, n)
    return World((votes >= 2).astype(float), np.round(np.clip(logistic(seen), 1e-4, 1 - 1e-4), 4), relation)


def steps(rng: np.random.Generator) -> World:
    """A filter that is mostly sure, and of which only steps tell: no line or bend on the logit fits it."""
    n = COBUYS * RELATIONS
    p_yes = np.round(np.clip(rng.beta(0.5, 0.4, n), 1e-4, 1 - 1e-4), 4)
    chance = np.select([p_yes < 0.3, p_yes < 0.6, p_yes < 0.8], [0.45, 0.62, 0.78], 0.92)
    return World((rng.random(n) < chance).astype(float), p_yes, np.zeros(n, dtype=np.int64))


def samples(stratum: Codes, n: int, replications: int, rng: np.random.Generator) -> Codes:
    """Places of n intentions, as many of each stratum, without replacement: (replications, n), strata in turn."""
    shares = np.full(stratum.max() + 1, n // (stratum.max() + 1))
    shares[: n % len(shares)] += 1
    members = [np.flatnonzero(stratum == h) for h in range(len(shares))]
    drawn = [
        np.stack([rng.choice(those, size, replace=False) for _ in range(replications)])
        for those, size in zip(members, shares, strict=True)
    ]
    return np.concatenate(drawn, axis=1)
