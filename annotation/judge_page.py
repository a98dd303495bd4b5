"""What the judging page shows in each of its states. Nothing of the verdict is read before the ratings are saved."""

from collections.abc import Sequence

from django.db.models import Avg, Sum
from django.utils import timezone

from annotation.allocation import Finished, JudgingRefused, Waiting, item_next, judgment_to_audit, owed_items
from annotation.forms import new_submission
from annotation.models import Judgment, Participant, Study
from annotation.scales import Question
from distillation.models import CoBuy, Intention, Product
from distillation.views import picture_url, thumbnail_url

LONG_WORDS = 60
LOOK_AGAIN_S = 20


def page_context(participant: Participant, error: str = "", values: dict | None = None) -> dict:
    """The state that the participant is in: reveal before item, because the audit comes before what is next."""
    study = participant.study
    base = {"study": study, "error": error, "values": values or {}, "progress": progress(participant)}
    if study.state != Study.State.CLOSED and (judgment := judgment_to_audit(participant)):
        return {**base, **_reveal(judgment, study)}
    if study.state != Study.State.OPEN:
        return {**base, "state": study.state}
    try:
        found = item_next(participant=participant)
    except JudgingRefused:  # the study was paused, or another tab has saved, since this request began
        study.refresh_from_db(fields=["state"])
        return page_context(participant, error, values)
    if isinstance(found, Waiting):
        seconds = (found.look_again - timezone.now()).total_seconds()
        return {**base, "state": "waiting", "look_again": found.look_again, "retry_seconds": _poll_after(seconds)}
    if isinstance(found, Finished):
        return {**base, "state": "done", "own": own_figures(participant)}
    return {
        **base,
        "state": "item",
        "item": _item(found.item_id, _intention(found.item_id), found.a_on_left),
        "questions": _questions(study.questions, study.typicality_after_yes),
        "submission": new_submission(),
    }


def progress(participant: Participant) -> dict:
    done = Participant.objects.values_list("n_judged", flat=True).get(pk=participant.pk)
    total = done + owed_items(participant.study_id, participant.pk).count()
    each = participant.judgments.aggregate(each=Avg("seconds"))["each"]
    return {
        "done": done,
        "total": total,
        "percent": round(100 * done / total) if total else 0,
        "seconds_each": None if each is None else round(each),
    }


def own_figures(participant: Participant) -> dict:
    own = participant.judgments.aggregate(seconds_total=Sum("seconds"), seconds_each=Avg("seconds"))
    return {"items": participant.judgments.count(), **own}


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
