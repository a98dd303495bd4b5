"""What the judging page shows in each of its states. Nothing of the verdict is read before the ratings are saved."""

from collections.abc import Sequence

from django.db.models import Q, Sum
from django.utils import timezone

from annotation.allocation import Finished, JudgingRefused, Waiting, item_next
from annotation.forms import new_submission
from annotation.judging import judgment_to_audit
from annotation.models import Judgment, Kind, Lease, Participant, Study
from annotation.qualification import try_done
from annotation.scales import Question
from distillation.models import CoBuy, Intention, Product
from distillation.views import picture_url, thumbnail_url

LONG_WORDS = 60
LOOK_AGAIN_S = 20


def page_context(participant: Participant, error: str = "", values: dict | None = None) -> dict:
    """The state that the participant is in: reveal before item, because the audit comes before what is next."""
    participant = Participant.objects.select_related("study").get(pk=participant.pk)  # as the last write left it
    study = participant.study
    base = {"study": study, "error": error, "values": values or {}, "progress": progress(participant)}
    if study.state != Study.State.CLOSED and (judgment := judgment_to_audit(participant)):
        return {**base, **_reveal(judgment, study)}
    if study.state != Study.State.OPEN:
        return {**base, "state": study.state}
    if participant.state != Participant.State.ACTIVE:
        return {**base, "state": "halted", "reason": participant.state_reason, "kind": participant.state}
    try:
        return {**base, **_next(participant, item_next(participant=participant))}
    except JudgingRefused:  # the study was paused, or another tab has saved, since this request began
        return page_context(participant, error, values)


def _next(participant: Participant, found: Lease | Waiting | Finished) -> dict:
    if isinstance(found, Waiting):
        seconds = (found.look_again - timezone.now()).total_seconds()
        return {"state": "waiting", "look_again": found.look_again, "retry_seconds": _poll_after(seconds)}
    if isinstance(found, Finished):
        return {"state": "done", "own": own_figures(participant)}
    study = participant.study
    return {
        "state": "item",
        "item": _item(found.item_id, _intention(found.item_id), found.a_on_left),
        "questions": _questions(study.questions, study.typicality_after_yes),
        "submission": new_submission(),
        "check": _check(participant) if found.kind == Kind.GOLD else None,
    }


def _check(participant: Participant) -> dict:
    return {"at": try_done(participant) + 1, "of": participant.study.qualification_items}


def progress(participant: Participant) -> dict:
    """From the participants' counters: no count over items, and the same cost at a million of them."""
    counts = Participant.objects.filter(study=participant.study_id).aggregate(
        all=Sum("n_judged", filter=~Q(state=Participant.State.EXCLUDED), default=0),
        done=Sum("n_judged", filter=Q(pk=participant.pk), default=0),
        skipped=Sum("n_skipped", filter=Q(pk=participant.pk), default=0),
        seconds=Sum("seconds", filter=Q(pk=participant.pk), default=0),
    )
    study, done = participant.study, counts["done"]
    wanted = max(0, study.n_items * study.overlap - counts["all"])
    total = done + min(wanted, study.n_items - done - counts["skipped"])
    return {
        "done": done,
        "total": total,
        "percent": round(100 * done / total) if total else 0,
        "seconds_each": round(counts["seconds"] / done) if done else None,
    }


def own_figures(participant: Participant) -> dict:
    own = Participant.objects.get(pk=participant.pk)
    each = own.seconds / own.n_judged if own.n_judged else None
    return {"items": own.n_judged, "seconds_total": own.seconds, "seconds_each": each}


def _poll_after(seconds: float) -> int:
    return int(min(LOOK_AGAIN_S, max(2, seconds)))


def _intention(item_id: int) -> Intention:
    chosen = Intention.objects.select_related("cobuy__a__picture", "cobuy__b__picture")
    return chosen.only("text", "relation", "cobuy__a", "cobuy__b").get(items=item_id)


def _item(item_id: int, intention: Intention, a_on_left: bool) -> dict:
    left, right = _in_order(intention.cobuy, a_on_left)
    return {
        "id": item_id,
        "left": _product(left, "A"),
        "right": _product(right, "B"),
        "relation_words": "" if intention.relation == "open" else intention.relation_words,
        "intention": intention.text,
        "long": len(intention.text.split()) > LONG_WORDS,
    }


def _in_order(cobuy: CoBuy, a_on_left: bool) -> tuple[Product, Product]:
    return (cobuy.a, cobuy.b) if a_on_left else (cobuy.b, cobuy.a)


def _product(product: Product, letter: str) -> dict:
    return {
        "asin": product.asin,
        "title": product.title,
        "picture_url": picture_url(product.picture),
        "thumbnail_url": thumbnail_url(product.picture),
        "letter": letter,
    }


def _questions(questions: Sequence[Question], typicality_after_yes: bool) -> list[dict]:
    """Options with their keys, counted through: 1, 2 for the first question, 3 … for the second."""
    asked, key = [], 0
    for question in questions:
        options = []
        for option in question.options:
            key += 1
            options.append({"value": option.value, "label": option.label, "key": str(key)})
        only_after_yes = typicality_after_yes and question.name == "typicality"
        asked.append(
            {"name": question.name, "text": question.text, "options": options, "only_after_yes": only_after_yes}
        )
    return asked


def _reveal(judgment: Judgment, study: Study) -> dict:
    intention, verdict = judgment.item.intention, judgment.item.intention.verdict
    ratings = [(question, getattr(judgment, question.name)) for question in study.questions]
    return {
        "state": "reveal",
        "judgment": judgment.pk,
        "item": _item(judgment.item_id, _intention(judgment.item_id), judgment.a_on_left),
        "answers": [
            {"label": question.short, "value": question.label(value)}
            for question, value in ratings
            if value is not None
        ],
        "verdict": {
            "kept": verdict.kept(intention.run.strictness),
            "percent": "" if verdict.p_yes is None else f"{100 * verdict.p_yes:.0f}",
            "reason": verdict.reason,
            "backend_note": "rules, no model" if intention.run.is_baseline else "",
        },
    }
