"""The qualification: gold items before the first item; whoever answers enough of them as expected goes on."""

from django.db.models import Count, Q
from django.db.models.functions import Now

from annotation.models import Item, Judgment, Kind, Participant, Study


def gold_next(participant: Participant) -> Item | None:
    """The gold item that the annotator has judged or skipped least."""
    judged = Count("judgments", filter=Q(judgments__participant=participant), distinct=True)
    seen = judged + Count("skips", filter=Q(skips__participant=participant), distinct=True)
    gold = Item.objects.filter(study=participant.study_id, gold__isnull=False)
    return gold.annotate(seen=seen).order_by("seen", "order_key").first()


def gold_is_right(judgment: Judgment, study: Study) -> bool:
    """Whether the answer is the expected one on plausibility, and on the same side of typical where that is known; of
    a pair, whether it is the expected one for these intentions, on whichever sides they stood."""
    if study.is_preference:
        return judgment.of_first == (judgment.item.gold or {}).get("preference")
    return is_as_expected(study, judgment.plausibility, judgment.typicality, judgment.item.gold or {})


def is_as_expected(study: Study, plausibility: int | None, typicality: int | None, expected: dict) -> bool:
    plausible, typical = study.questions
    if plausibility is None or not plausible.same_side(plausibility, expected["plausibility"]):
        return False
    if expected.get("typicality") is None or typicality is None:
        return True
    return typical.same_side(typicality, expected["typicality"])


def try_done(participant: Participant) -> int:
    """Gold items judged or skipped in the present try."""
    done = participant.judgments.filter(kind=Kind.GOLD).count() + participant.skips.filter(kind=Kind.GOLD).count()
    return done - participant.n_tries * participant.study.qualification_items


def qualification_update(participant: Participant) -> None:
    """After a gold item, under the participant's lock: qualified, another try, or no further try."""
    study = participant.study
    if participant.qualified_at or try_done(participant) < study.qualification_items:
        return
    right = _right_of_last(participant, study.qualification_items)
    mine = Participant.objects.filter(pk=participant.pk)
    if right >= study.qualification_pass:
        mine.update(qualified_at=Now())
        return
    tries = participant.n_tries + 1
    mine.update(n_tries=tries)
    if tries >= study.qualification_tries:
        reason = (
            f"{right} of your last {study.qualification_items} check items were answered as expected; "
            f"the study asks for {study.qualification_pass}"
        )
        mine.update(state=Participant.State.UNQUALIFIED, state_reason=reason)


def _right_of_last(participant: Participant, n: int) -> int:
    """Of the last gold items those answered as expected; a skipped one is not."""
    judged = participant.judgments.filter(kind=Kind.GOLD).select_related("item").order_by("-pk")[:n]
    skipped = participant.skips.filter(kind=Kind.GOLD).order_by("-pk").values_list("created_at", flat=True)[:n]
    answers = [(judgment.created_at, gold_is_right(judgment, participant.study)) for judgment in judged]
    answers += [(at, False) for at in skipped]
    return sum(right for _, right in sorted(answers, reverse=True)[:n])
