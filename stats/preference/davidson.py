"""Bradley-Terry with ties: Davidson 1970, P(i beats j) = p_i / (p_i + p_j + ν·√(p_i·p_j)), a tie ν·√(p_i·p_j) / same.

As the log-linear model that it is (Fienberg 1979; Critchlow and Fligner 1991): log p_i, log ν and what else tells left
from right, such as the position, add up to the logarithm of each outcome.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEFT, RIGHT, TIE = 0, 1, 2
STEPS, STILL = 100, 1e-10

NOTHING = "nothing has been compared yet"
ALL_TIES = "all answers are ties, so no strength can be told from another"
APART = "some runs have won or lost everything against the others, so their strength has no bound"


@dataclass(frozen=True, slots=True)
class Compared:
    """One row a judgment: who stood left and right, as codes, what was said, and what else tells left from right.

    `covariates` (rows, m) are of the left one, such as 1 for the position or the log of the lengths' ratio; they move
    the tie by half, as strengths do.
    """

    left: Codes
    right: Codes
    outcome: Codes
    covariates: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Davidson:
    """`strengths` (k,) are log p with sum 0, `slopes` (m,) those of the covariates; `log_nu` is None without ties.

    `influence` (rows, k + 1 + m) is what each judgment moved these by, in this order; its sums by cluster squared and
    added are the sandwich variance. `covariance` is that of the model.
    """

    strengths: Floats
    log_nu: float | None
    slopes: Floats
    log_likelihood: float
    covariance: Floats
    influence: Floats


def compared(
    left: ArrayLike,
    right: ArrayLike,
    outcome: ArrayLike,
    covariates: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Compared:
    rows = len(np.asarray(left))
    more = np.zeros((rows, 0)) if covariates is None else np.asarray(covariates, dtype=float).reshape(rows, -1)
    w = np.ones(rows) if weights is None else np.asarray(weights, dtype=float)
    of_left, of_right, said = (np.asarray(each, dtype=np.int64) for each in (left, right, outcome))
    return Compared(of_left, of_right, said, more, w * (rows / w.sum()) if rows else w)


def davidson(data: Compared, runs: int) -> Davidson | str:
    """Maximum likelihood by Newton's method; the reason where there is no finite estimate."""
    if not len(data.left):
        return NOTHING
    if (data.outcome == TIE).all():
        return ALL_TIES
    if not _all_within_reach(data, runs):
        return APART
    x = _design(data, runs, has_ties=bool((data.outcome == TIE).any()))
    return _as_named(_maximised(x, data), x, data, runs)


def _design(data: Compared, runs: int, *, has_ties: bool) -> Floats:
    """(rows, outcomes, parameters): strengths, but the last run's, which is minus their sum; then log ν; slopes."""
    strength = np.vstack([np.eye(runs - 1), -np.ones(runs - 1)])
    left = np.hstack([strength[data.left], data.covariates])
    right = np.hstack([strength[data.right], np.zeros_like(data.covariates)])
    x = np.stack([left, right, (left + right) / 2], axis=1)
    tie = np.zeros((len(x), 3, 1))
    tie[:, TIE] = 1
    return np.concatenate([x[:, :, : runs - 1], tie, x[:, :, runs - 1 :]], axis=2) if has_ties else x[:, :TIE]


def _maximised(x: Floats, data: Compared) -> tuple[Floats, Floats, Floats]:
    """The likelihood is concave; a step that would lower it is halved."""
    theta = np.zeros(x.shape[2])
    reached, log_p = _likelihood(theta, x, data)
    for _ in range(STEPS):
        score, information = _derivatives(x, log_p, data)
        step = _inverse(information) @ (data.weights @ score)
        for _ in range(STEPS):
            found, log_p = _likelihood(theta + step, x, data)
            if found >= reached - STILL:
                break
            step = step / 2
        theta, reached = theta + step, found
        if np.abs(step).max() < STILL:
            break
    return theta, _inverse(_derivatives(x, log_p, data)[1]), log_p


def _inverse(information: Floats) -> Floats:
    """Where a covariate tells nothing, as if it were not there."""
    return np.asarray(np.linalg.pinv(information), dtype=np.float64)


def _likelihood(theta: Floats, x: Floats, data: Compared) -> tuple[float, Floats]:
    eta = x @ theta
    log_p = eta - np.logaddexp.reduce(eta, axis=1, keepdims=True)
    return float(data.weights @ log_p[np.arange(len(x)), data.outcome]), log_p


def _derivatives(x: Floats, log_p: Floats, data: Compared) -> tuple[Floats, Floats]:
    """Score of each row without its weight (rows, parameters), and the information."""
    p = np.exp(log_p)
    mean = np.einsum("no,nop->np", p, x)
    score = x[np.arange(len(x)), data.outcome] - mean
    around = x - mean[:, np.newaxis]
    flat, weights = around.reshape(-1, x.shape[2]), (data.weights[:, np.newaxis] * p).ravel()
    return score, flat.T @ (weights[:, np.newaxis] * flat)


def _as_named(fit: tuple[Floats, Floats, Floats], x: Floats, data: Compared, runs: int) -> Davidson:
    """With the last run's strength beside the others, and a place for log ν also where there is none."""
    theta, inverse, log_p = fit
    has_ties, free = x.shape[1] > TIE, runs - 1
    widen = np.zeros((runs + 1 + data.covariates.shape[1], len(theta)))
    widen[:free, :free], widen[free, :free] = np.eye(free), -1
    widen[runs + (not has_ties) :, free:] = np.eye(len(theta) - free)
    named = widen @ theta
    score = data.weights[:, np.newaxis] * _derivatives(x, log_p, data)[0]
    return Davidson(
        strengths=named[:runs],
        log_nu=float(named[runs]) if has_ties else None,
        slopes=named[runs + 1 :],
        log_likelihood=float(data.weights @ log_p[np.arange(len(x)), data.outcome]),
        covariance=widen @ inverse @ widen.T,
        influence=score @ inverse @ widen.T,
    )


def _all_within_reach(data: Compared, runs: int) -> bool:
    """Ford 1957: the estimate is finite if each run has won or tied, over others if need be, against each other one."""
    reaches = np.eye(runs, dtype=bool)
    reaches[data.left[data.outcome != RIGHT], data.right[data.outcome != RIGHT]] = True
    reaches[data.right[data.outcome != LEFT], data.left[data.outcome != LEFT]] = True
    for _ in range(runs):
        reaches = reaches @ reaches
    return bool(reaches.all())
