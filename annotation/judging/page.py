"""What the judging page shows in each of its states. Nothing of the verdict is read before the ratings are saved."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from annotation.judging.allocation import Finished, Waiting, item_next, items_ahead, nothing_left
from annotation.judging.confirming import demographics_shown, to_confirm
from annotation.judging.crowd.completion import COMPLETE, PARTIAL, SCREENED, end_code, return_code
from annotation.judging.forms import new_submission
from annotation.judging.leases import item_ticket, lease_at_close
from annotation.judging.participants import is_barred, participant_refresh
from annotation.judging.quality.qualification import gold_is_right, try_done
from annotation.judging.reasons import reason_shown
from annotation.judging.refusals import AuditOwed, ConfirmOwed, JudgingRefused
from annotation.judging.shown import (
    answers_shown,
    expected_shown,
    item_shown,
    questions_shown,
    ratings_of,
    revealed_shown,
)
from annotation.judging.writing import COMMENT_LENGTH, judgment_to_audit
from annotation.models import Judgment, Kind, Lease, Participant, SentBack, Study
from common.words import duration
from distillation.catalog.pictures.urls import picture_url
from distillation.models import CoBuy

LOOK_AGAIN_S = 20
MOST_A_DAY = 5_000
AUDIT_REASONS = [
    {"value": value, "label": label, "key": str(3 + i)} for i, (value, label) in enumerate(Judgment.AuditReason.choices)
]


def page_context(
    participant: Participant,
    *,
    error: str = "",
    values: dict | None = None,
    checked: int | None = None,
    saved: bool = False,
    skipped: bool = False,
    started: bool = False,
    changes: list[dict] | None = None,
) -> dict:
    """The state that the participant is in: reveal before item, because the audit comes before what is next."""
    base = {
        "study": participant.study,
        "error": error,
        "saved": saved,
        "skipped": skipped,
        "values": values or {},
        "changes": changes or [],
        "comment_length": COMMENT_LENGTH,
    }
    try:
        # First: what it reads under the lock is what progress shows.
        state = _state(participant, checked, started, values or {})
        return {**base, **state, "progress": progress(participant)}
    except JudgingRefused:  # the study was paused, or another tab has saved, since this request began
        return page_context(participant, error=error, values=values)


def _state(participant: Participant, checked: int | None, started: bool, values: dict) -> dict:
    study = participant.study
    at_work = (
        study.state == Study.State.OPEN
        and participant.state == Participant.State.ACTIVE
        and participant.place != Participant.Place.GONE
        and not is_barred(participant)
    )
    if checked and (judgment := participant.judgments.filter(pk=checked, kind=Kind.GOLD).first()):
        return _checked(judgment, study)
    if at_work and (started or not _is_new(participant)):
        return _at_work(participant, values)
    if at_work:
        participant_refresh(participant)  # for what it says of those who have seen verdicts
    if at_work and not is_barred(participant):
        code = return_code(participant.annotator_id) if participant.link_id else ""
        told = {"terms": terms_of(participant), "return_code": code, "had_seen": participant.had_seen}
        return {"state": "intro", **told}
    return _open_still(participant) or _at_rest(participant)


def _at_work(participant: Participant, values: dict) -> dict:
    try:
        return _next(participant, item_next(participant=participant))
    except ConfirmOwed:
        return _to_confirm(participant, values)
    except AuditOwed:
        if judgment := judgment_to_audit(participant):
            return _reveal(judgment, participant)
        return _next(participant, item_next(participant=participant))  # audited in another window since


def _to_confirm(participant: Participant, values: dict) -> dict:
    """Consent and guidelines first, then what is asked of the person."""
    owed = to_confirm(participant)
    if owed["consent"] or owed["lines"] or not participant.owes_answers:
        return {"state": "confirm", **owed}
    return {"state": "about", **demographics_shown(participant, values)}


def _open_still(participant: Participant) -> dict | None:
    """What was begun before the study was paused or closed."""
    if participant.study.state != Study.State.OPEN and (judgment := judgment_to_audit(participant)):
        return _reveal(judgment, participant)
    lease = lease_at_close(participant)
    return _next(participant, lease) if lease else None


def reveal_context(participant: Participant, judgment: Judgment) -> dict:
    """The page right after a judgment whose audit is asked: the reveal."""
    base = {"study": participant.study, "error": "", "saved": False, "values": {}, "comment_length": COMMENT_LENGTH}
    return {**base, "progress": progress(participant), **_reveal(judgment, participant)}


def terms_of(participant: Participant) -> str:
    """Time and pay, of the link that they came by or else of the study."""
    return (participant.link and participant.link.terms) or participant.study.terms


def _is_new(participant: Participant) -> bool:
    if participant.n_judged or participant.n_skipped:
        return False
    return not (participant.judgments.exists() or Lease.objects.filter(participant=participant).exists())


def _at_rest(participant: Participant) -> dict:
    code = end_code(participant, kind_at_rest(participant))
    if participant.study.state != Study.State.OPEN:
        return {"state": participant.study.state, "own": own_figures(participant), "code": code}
    creator = participant.study.created_by
    return {
        "state": "halted",
        "code": code,
        "kind": _halted_by(participant),
        "reason": reason_shown(participant.state_reason),
        "ask": creator.email if creator else "",
    }


def _halted_by(participant: Participant) -> str:
    if participant.state != Participant.State.ACTIVE:
        return participant.state
    return "seen" if is_barred(participant) else "place"


def kind_at_rest(participant: Participant) -> str:
    """Of the code that somebody is shown who gets no further item."""
    if participant.state == Participant.State.UNQUALIFIED:
        return SCREENED
    counts = participant.state != Participant.State.EXCLUDED
    return COMPLETE if counts and nothing_left(participant) else PARTIAL


def _next(participant: Participant, found: Lease | Waiting | Finished) -> dict:
    if isinstance(found, Waiting):
        seconds = (found.look_again - timezone.now()).total_seconds()
        waits = {"look_again": found.look_again, "retry_seconds": _poll_after(seconds)}
        code = end_code(participant, PARTIAL)
        return {"state": "waiting", "code": code, "n_skipped": participant.n_skipped, **waits}
    if isinstance(found, Finished):
        code = end_code(participant, COMPLETE)
        return {"state": "done", "own": own_figures(participant), "code": code, "n_skipped": participant.n_skipped}
    study = participant.study
    return {
        "state": "item",
        "item": item_shown(found.item_id, found.a_on_left, found.first_left, read=found.shown),
        "questions": questions_shown(study.questions, study.typicality_after_yes),
        "submission": new_submission(),
        "ticket": item_ticket(participant, found.item_id),
        "back": _back(participant),
        "check": _check(participant) if found.kind == Kind.GOLD else None,
        "fetch_ahead": study.audit_share < 1,
    }


def _check(participant: Participant) -> dict:
    study = participant.study
    return {
        "at": try_done(participant) + 1,
        "of": study.qualification_items,
        "try": participant.n_tries + 1,
        "tries": study.qualification_tries,
    }


def progress(participant: Participant) -> dict:
    """From the participants' counters: no count over items, and the same cost at a million of them."""
    study = participant.study
    if participant.study_judged is None:
        _count(participant)
    judged, done = participant.study_judged or 0, participant.n_judged + participant.n_seen
    wanted = max(0, study.n_items * study.overlap - judged)
    left = min(wanted, study.n_items - done - participant.n_skipped)
    if participant.cap:
        left = min(left, participant.cap - done - participant.n_beyond)
    total = done + max(0, left)
    return {
        "done": done,
        "next": done + 1,
        "total": total,
        "percent": round(100 * done / total) if total else 0,
        "cap": participant.cap,
        "seconds_each": max(1, round(participant.seconds / done)) if done else None,
    }


def _count(participant: Participant) -> None:
    if participant.pk:
        participant_refresh(participant)
        return
    participant.cap = participant.study.cap
    counting = participant.study.participants.included()
    participant.study_judged = counting.aggregate(n=Sum("n_judged", default=0))["n"]


def sent_back_to(participant: Participant) -> QuerySet[SentBack]:
    """What a researcher asks this annotator to look at once more."""
    asked = SentBack.objects.filter(judgment__participant=participant, answered_at=None).order_by("pk")
    return asked.select_related("judgment__item__intention")


def own_figures(participant: Participant) -> dict:
    own = Participant.objects.get(pk=participant.pk)
    each = duration(own.seconds / own.n_judged) if own.n_judged else ""
    return {"items": own.n_judged, "time": duration(own.seconds), "each": each, **today(participant)}


def today(participant: Participant) -> dict:
    """Items and active time since midnight; nobody does more than MOST_A_DAY, and older judgments are not read."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    since = Q(created_at__gte=midnight)
    counts = participant.judgments.order_by("-pk")[:MOST_A_DAY].aggregate(
        n=Count("pk", filter=since), seconds=Sum("active_seconds", filter=since, default=0.0)
    )
    return {"today": counts["n"], "time_today": duration(counts["seconds"])}


def pause_context(participant: Participant) -> dict:
    until: datetime | None = Lease.objects.filter(participant=participant).values_list("expires_at", flat=True).first()
    code = return_code(participant.annotator_id) if participant.link_id else ""
    return {"study": participant.study, "until": until, "return_code": code, **today(participant)}


def pictures_ahead(participant: Participant) -> list[str]:
    """Addresses of the pictures of what probably comes next, and nothing else of it."""
    ahead = CoBuy.objects.filter(intentions__items__in=items_ahead(participant)).distinct()
    pictures = [(cobuy.a.picture, cobuy.b.picture) for cobuy in ahead.select_related("a__picture", "b__picture")]
    return [picture_url(picture) for pair in pictures for picture in pair if picture]


def latest_own(participant: Participant, before: int | None = None) -> int | None:
    own = participant.judgments.exclude(kind=Kind.GOLD)
    earlier = own.filter(pk__lt=before) if before else own
    return earlier.order_by("-pk").values_list("pk", flat=True).first()


def _back(participant: Participant, before: int | None = None) -> str:
    """The address of the annotator's latest own item; empty if there is none."""
    if participant.n_judged <= (before is not None):
        return ""
    return reverse("judge-own-latest", args=[participant.study_id]) + (f"?before={before}" if before else "")


def _poll_after(seconds: float) -> int:
    return int(min(LOOK_AGAIN_S, max(2, seconds)))


def _reveal(judgment: Judgment, participant: Participant) -> dict:
    item, verdict = revealed_shown(judgment.item_id, judgment.a_on_left, read=judgment.shown)
    return {
        "state": "reveal",
        "judgment": judgment.pk,
        "comment": judgment.comment,
        "item": item,
        "answers": answers_shown(participant.study, ratings_of(judgment)),
        "verdict": verdict,
        "reasons": AUDIT_REASONS,
        "revise": reverse("judge-own-item", args=[participant.study_id, judgment.pk]),
        "back": _back(participant, before=judgment.pk),
        "fetch_ahead": True,
    }


def _checked(judgment: Judgment, study: Study) -> dict:
    gold = judgment.item.gold or {}
    return {
        "state": "checked",
        "item": item_shown(judgment.item_id, judgment.a_on_left, judgment.first_left),
        "answers": answers_shown(study, ratings_of(judgment)),
        "expected": expected_shown(study, gold, judgment.first_left),
        "as_expected": gold_is_right(judgment, study),
        "explanation": gold.get("explanation", ""),
        "fetch_ahead": True,
    }
