"""Judgments by a program, so that figures can be seen before people have judged; always marked as simulated."""

import uuid
from collections.abc import Sequence

import numpy as np

from accounts.models import User
from annotation.judging.allocation import Finished, item_next
from annotation.judging.participants import participant_join
from annotation.judging.writing import audit_save, judgment_save
from annotation.models import Lease, Study
from annotation.scales import Preference
from distillation.models import Verdict


def study_simulate(*, study: Study, annotators: Sequence[User], seed: int = 0) -> int:
    """Fill the study's quota through the same services that people's judgments go through; returns how many."""
    rng = np.random.default_rng(seed)
    participants = [participant_join(study, annotator) for annotator in annotators]
    truth: dict[int, float] = {}
    guess, judge = (_first_is_better, _prefer) if study.is_preference else (_plausible, _judge)
    judged = 0
    while participants:
        for participant in list(participants):
            lease = item_next(participant=participant)
            if not isinstance(lease, Lease):
                if isinstance(lease, Finished):
                    participants.remove(participant)
                continue
            judge(lease, truth.setdefault(lease.item_id, guess(lease, rng)), rng)
            judged += 1
    return judged


def _first_is_better(lease: Lease, rng: np.random.Generator) -> float:
    """By how much, to the people we make up: the longer text has more to say, and much else counts too."""
    item = lease.item
    more = len(item.first_shown.split()) - len(item.second_shown.split())
    return float(rng.normal(0.3 + 0.05 * more, 1.0))


def _prefer(lease: Lease, first_is_better: float, rng: np.random.Generator) -> None:
    felt = first_is_better + rng.normal(0, 0.7)
    if rng.random() < 0.03:
        of_first = Preference.CANNOT_TELL
    elif abs(felt) < 0.4:
        of_first = Preference.BOTH_GOOD if rng.random() < 0.6 else Preference.BOTH_BAD
    else:
        of_first = Preference.LEFT if felt > 0 else Preference.RIGHT
    judgment_save(
        participant=lease.participant,
        item_id=lease.item_id,
        submission=uuid.uuid4(),
        preference=of_first if lease.first_left else of_first.mirrored,
    )


def _plausible(lease: Lease, rng: np.random.Generator) -> float:
    """How plausible the item is to the people we make up: it leans towards the filter's verdict, with noise."""
    verdict = Verdict.objects.filter(intention__items=lease.item_id).first()
    p_yes = 0.5 if verdict is None else float(verdict.yes) if verdict.p_yes is None else verdict.p_yes
    return float(1 / (1 + np.exp(-(3 * (p_yes - 0.4) + rng.normal(0.5, 1.2)))))


def _judge(lease: Lease, plausible: float, rng: np.random.Generator) -> None:
    says_plausible = bool(rng.random() < (0.92 if plausible > 0.5 else 0.1))
    typicality = int(np.clip(round(3 * plausible + rng.normal(0, 0.5)), 0, 3))
    judgment = judgment_save(
        participant=lease.participant,
        item_id=lease.item_id,
        submission=uuid.uuid4(),
        plausibility=int(says_plausible),
        typicality=typicality,
    )
    if not judgment.audit_asked:
        return
    kept = judgment.item.intention.verdict.kept(judgment.item.intention.run.strictness)
    right = (kept == says_plausible) if rng.random() < 0.9 else kept
    audit_save(participant=lease.participant, judgment_id=judgment.pk, filter_right=bool(right))
