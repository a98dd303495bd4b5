"""Figures that rest on who said what: audits, the opinion of people like these annotators, the truth behind votes."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from annotation.figures.filtering import of_complete
from annotation.figures.patterns import Patterns
from annotation.figures.rates import positive
from annotation.figures.rows.kinds import Ballots as Said
from annotation.figures.rows.kinds import Labels, Rows, SingleVotes
from annotation.figures.slow import Figures, Latest, latest
from annotation.figures.speaking import response_factors
from annotation.judging.quality.measures import annotators_quality
from annotation.scales import Question
from stats.crossed import crossed_share
from stats.estimate import Estimate
from stats.filter.audits import audit_rate
from stats.filter.latent import FIGURES, latent_quality
from stats.filter.people import Ballots, people_quality
from stats.people.mace import competence, mace
from stats.resampling import DRAWS
from stats.sample import sample_of

Floats = NDArray[np.float64]

MOST_AT_ONCE = 50_000  # judgments; of more a page takes what a worker made
SEED, MOST_RESAMPLED, FEWEST_DRAWS = 1, 3_000_000, 100  # votes of all resamples together
ANNOTATOR, COMPETENCE = "annotator ", "competence "
MOST_ROUNDS = 500  # of the EM of MACE, so that a million votes keep no worker for minutes
WITHOUT_INTERVAL = "by MACE, without an interval"


def audit_figures(rows: Rows) -> Figures:
    of = rows.item_audits()
    weights = _speaking(rows.judged()[0], of.stratum, of.inclusion, of.items)
    return {"audit": audit_rate(of.right, of.audits, weights, of.stratum, items=of.items)}


def people_figures(rows: Rows) -> Figures:
    """Of the questions, and of the filter against the majority, by names."""
    of, (first, *others) = rows.ballots(), rows.asked.study.questions
    said = {first: of.as_labels()} | {question: rows.labels(question) for question in others}
    return {question.name: _of_people(rows, question, said[question]) for question in said} | _of_filter(rows, of)


def _of_people(rows: Rows, question: Question, labels: Labels) -> Estimate:
    judged = rows.judged()[0]
    yes, n = positive(judged, question)
    says = n > 0
    factor = _factors(judged, judged.strata[says], 1 / judged.inclusion[says] * judged.items[says])
    of_items, of_labels = (
        np.array([factor.get(name, 1.0) for name in strata.tolist()])
        for strata in (judged.strata[says], labels.stratum)
    )
    design = sample_of(
        int(says.sum()), of_items / judged.inclusion[says], judged.stratum[says], items=judged.items[says]
    )
    each = of_labels / labels.inclusion / np.maximum(labels.judged, 1)
    _, who = np.unique(labels.who, return_inverse=True)
    weights = (np.bincount(who, each * counted) for counted in (labels.labels, labels.yes))
    return crossed_share(yes[says], n[says], design, *weights)


def _of_filter(rows: Rows, of: Said) -> Figures:
    judged, at = rows.judged()[0], of.complete
    items = of_complete(judged, rows.asked.study.questions[0])
    weights = response_factors(judged, of.stratum[at], of_complete=True) / of.inclusion[at]
    ballots = Ballots(
        who=of.who[at],
        own=of.own[at],
        yes=of.yes[at],
        judged=of.judged[at],
        kept=of.kept[at],
        weights=weights,
        labels=of.labels[at].astype(float),
    )
    return people_quality(items.yes, items.judged, items.kept, items.design, ballots)


def latent_figures(rows: Rows, draws: int | None = None) -> Figures:
    """By the names of FIGURES, and the accuracy of each annotator; beside them what MACE says."""
    votes = rows.single_votes()
    known = np.ones(len(votes.inclusion))
    weights = _speaking(rows.judged()[0], votes.stratum, votes.inclusion, known)
    found = latent_quality(
        votes.item,
        votes.who,
        votes.yes,
        votes.kept,
        weights=weights,
        strata=votes.stratum,
        kept_share=rows.totals().kept_share().value,
        draws=draws or max(FEWEST_DRAWS, min(DRAWS, MOST_RESAMPLED // max(1, len(votes.item)))),
        rng=np.random.default_rng(SEED),
    )
    people = {f"{ANNOTATOR}{name}": each for name, each in found.by_annotator.items()}
    return {name: getattr(found, name) for name in FIGURES} | people | _by_mace(votes, weights)


def _by_mace(votes: SingleVotes, weights: Floats) -> Figures:
    """What another model of annotators says of the same votes: its truth, and who answers knowing it."""
    if votes.yes.all() or not votes.yes.any():
        return {}
    found = mace(votes.item, votes.who, votes.yes, max_iterations=MOST_ROUNDS)
    plausible, at = found.posteriors[:, 1], found.items
    right = np.where(votes.kept[at], plausible, 1 - plausible)
    shares = {
        f"mace_{name}": Estimate(float(np.average(each, weights=weights[at])), n=len(at), note=WITHOUT_INTERVAL)
        for name, each in (("plausible", plausible), ("accuracy", right))
    }
    names, labels = np.unique(votes.who, return_counts=True)
    knows = dict(zip(found.annotators.tolist(), competence(found).tolist(), strict=True))
    return shares | {
        f"{COMPETENCE}{name}": Estimate(knows[name], n=n, note=WITHOUT_INTERVAL)
        for name, n in zip(names.tolist(), labels.tolist(), strict=True)
    }


def annotator_figures(rows: Rows) -> Figures:
    """How each annotator works: by the participant's number and the names of `Quality`."""
    return {
        f"{pk} {each.name}": _as_figure(getattr(quality, each.name))
        for pk, quality in annotators_quality(rows.asked.study).items()
        for each in fields(quality)
    }


def _as_figure(value: Estimate | float | None) -> Estimate:
    return value if isinstance(value, Estimate) else Estimate(value)


MADE: dict[str, Callable[[Rows], Figures]] = {
    "audit": audit_figures,
    "people": people_figures,
    "latent": latent_figures,
    "annotators": annotator_figures,
}


def now_or_latest(rows: Rows, is_slow: dict[str, bool]) -> dict[str, Latest]:
    """By name: on a page what is slow is taken as a worker last made it; elsewhere it is made."""
    waiting = [name for name, slow in is_slow.items() if slow and rows.asked.on_page]
    found = latest(rows.asked, waiting) if waiting else {}
    return {name: found.get(name) or Latest(rows.once(name, partial(MADE[name], rows))) for name in is_slow}


def _speaking(judged: Patterns, stratum: NDArray[np.str_], inclusion: Floats, items: NDArray) -> Floats:
    """Weights with which these items speak for all that were drawn in their strata."""
    factor = _factors(judged, stratum, items / inclusion)
    return np.array([factor[name] for name in stratum.tolist()], dtype=float) / inclusion


def _factors(judged: Patterns, stratum: NDArray[np.str_], weights: Floats) -> dict[str, float]:
    """By stratum, what all its items weigh over what these do. One whose first judgment came after the judged were read
    speaks for itself."""
    names, code = np.unique(judged.strata, return_inverse=True)
    whole = dict(zip(names.tolist(), np.bincount(code, judged.weights * judged.items).tolist(), strict=True))
    names, code = np.unique(stratum, return_inverse=True)
    heard = np.bincount(code, weights, len(names)).tolist()
    return {name: whole.get(name, each) / each for name, each in zip(names.tolist(), heard, strict=True)}
