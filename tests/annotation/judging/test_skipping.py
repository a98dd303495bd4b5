"""Skips: taken back by the annotator, offered again by a researcher, and of gold items counted against the tries."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.judging.allocation import Finished, item_next, item_skip, skip_undo
from annotation.judging.participants import participant_get
from annotation.judging.refusals import JudgingRefused
from annotation.models import Kind, Lease, Participant, Skip, Study
from tests.annotation.builders import participant, save, study
from tests.annotation.pages import lease_of, post, text, url
from tests.api.builders import program, send, take

pytestmark = pytest.mark.django_db


def skip(who: Participant, reason: str = "picture") -> int:
    item = item_next(participant=who).item_id
    item_skip(participant=who, item_id=item, reason=reason)
    return item


def with_gold(items: int, asked: int, tries: int = 1) -> Study:
    """A study of which the last `asked` items are gold, to be answered with yes."""
    made = study(items=items, audit_share=0.0)
    for item in made.items.order_by("-order_key")[:asked]:
        item.gold = {"plausibility": 1, "typicality": None}
        item.save()
    Study.objects.update(qualification_items=asked, qualification_pass=asked, qualification_tries=tries)
    return Study.objects.get()


def test_after_a_skipped_gold_item_the_next_one_comes() -> None:
    who = participant(with_gold(4, 2))
    first = skip(who)
    lease = item_next(participant=who)
    assert lease.kind == Kind.GOLD
    assert lease.item_id != first


def test_skipping_gold_items_uses_up_the_tries() -> None:
    # Two of two have to be right: one skipped and one right is a failed try, and there is only one.
    who = participant(with_gold(4, 2))
    skip(who)
    save(item_next(participant=who))
    who.refresh_from_db()
    assert (who.state, who.n_tries, who.n_skipped) == (Participant.State.UNQUALIFIED, 1, 0)
    assert who.state_reason.startswith("1 of your last 2 check items")


def test_a_skip_of_an_earlier_try_does_not_count_in_the_next() -> None:
    who = participant(with_gold(4, 2, tries=2))
    skip(who), skip(who)
    save(item_next(participant=who)), save(item_next(participant=who))
    who.refresh_from_db()
    assert who.qualified_at
    assert item_next(participant=who).kind == Kind.ITEM


def test_skipped_gold_items_are_in_no_count_of_skips(as_researcher: Client) -> None:
    made = with_gold(4, 2)
    skip(participant(made))
    assert Skip.objects.sampled().count() == 0
    report = as_researcher.get(reverse("study-skips", args=[made.pk]))
    assert len(b"".join(report.streaming_content).splitlines()) == 1  # the header


def test_the_last_skip_is_taken_back_with_its_item() -> None:
    who = participant(study())
    skip(who)
    last = skip(who)
    assert skip_undo(participant=who)
    assert item_next(participant=who).item_id == last
    who.refresh_from_db()
    assert (who.n_skipped, who.skips.count()) == (1, 1)


def test_what_others_have_by_now_is_not_skipped_but_not_in_hand() -> None:
    made = study(items=1, overlap=1)
    who = participant(made)
    item = skip(who)
    assert item_next(participant=participant(made, "other")).item_id == item
    assert not skip_undo(participant=who)
    assert not who.skips.exists()
    assert not Lease.objects.filter(participant=who).exists()


def test_without_a_skip_there_is_nothing_to_take_back() -> None:
    with pytest.raises(JudgingRefused, match="no skipped item"):
        skip_undo(participant=participant(study()))


def test_the_page_offers_to_take_it_back(as_annotator: Client, annotator: User) -> None:
    made = study()
    as_annotator.get(url("page", made))
    item = lease_of(as_annotator).item_id
    assert "Take it back" in text(post(as_annotator, "skip", made, item=item, reason="picture"))
    assert post(as_annotator, "unskip", made).status_code == 200
    assert lease_of(as_annotator).item_id == item


def test_the_program_takes_it_back(annotator: User) -> None:
    made, anna = study(), program(annotator)
    item = take(anna, made.pk)["item"]["id"]
    send(anna, f"studies/{made.pk}/skip", item=item, reason="picture")
    assert send(anna, f"studies/{made.pk}/skip", method="delete").status_code == 204
    assert take(anna, made.pk)["item"]["id"] == item


def test_the_end_tells_what_was_skipped(as_annotator: Client, annotator: User) -> None:
    made = study(items=2)
    who = participant_get(study_id=made.pk, annotator=annotator)
    skip(who), skip(who)
    assert isinstance(item_next(participant=who), Finished)
    end = text(as_annotator.get(url("page", made)))
    assert "You skipped 2 items; others judge them." in end
    assert "Others have judged every item" not in end


def test_an_item_that_is_offered_again_comes_back(as_researcher: Client) -> None:
    made = study(items=1)
    who = participant(made)
    item = skip(who)
    chosen = {"skip": [who.skips.get().pk]}
    answer = as_researcher.post(reverse("study-skips-offer", args=[made.pk]), chosen, follow=True)
    assert "1 skipped item is offered again." in text(answer)
    assert item_next(participant=who).item_id == item
    assert Participant.objects.get().n_skipped == 0
    assert Skip.objects.get().offered_at  # stays on record
    item_skip(participant=who, item_id=item, reason="offensive")  # and may be skipped once more
    assert Skip.objects.count() == 2


def test_gold_items_and_those_of_other_studies_are_not_offered_again(as_researcher: Client) -> None:
    made = with_gold(4, 2)
    who = participant(made)
    skip(who)
    other = participant(study(name="T", run=made.runs.get()), "other")
    skip(other)
    chosen = {"skip": list(Skip.objects.values_list("pk", flat=True))}
    as_researcher.post(reverse("study-skips-offer", args=[made.pk]), chosen)
    assert not Skip.objects.filter(offered_at__isnull=False).exists()


def test_the_list_is_chosen_by_reason_state_and_annotator(as_researcher: Client) -> None:
    made = study()
    who, other = participant(made), participant(made, "other")
    skip(who, "picture"), skip(who, "offensive"), skip(other, "picture")
    address = reverse("study-skip-list", args=[made.pk])

    def chosen(**asked: object) -> list[tuple[str, str]]:
        shown = as_researcher.get(address, asked).context["rows"]
        return [(row.participant.pseudonym, row.reason) for row in shown]

    of_who, of_other = (who.pseudonym, "picture"), (other.pseudonym, "picture")
    assert chosen(reason="picture", state="standing") == [of_other, of_who]
    assert chosen(annotator=who.pk, reason="picture") == [of_who]
    assert chosen(state="offered") == []
    for odd in ({"reason": "boring"}, {"annotator": 0}):
        assert as_researcher.get(address, odd).status_code == 400


def test_a_missing_picture_reaches_the_researcher(as_researcher: Client) -> None:
    made = study()
    skip(participant(made), "picture")
    assert "1 skip says that a picture was missing." in text(as_researcher.get(reverse("study", args=[made.pk])))
