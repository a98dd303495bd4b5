"""Crowd work that ends well: caps, places, a code in each end state, and what a platform's file of them is worth."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links import LinkRefused, link_make
from accounts.models import Link, User
from annotation.design.protocol import StudyRefused
from annotation.design.services import study_set_state
from annotation.judging.allocation import Finished, item_next, item_skip
from annotation.judging.crowd.codes import codes_check, codes_set
from annotation.judging.crowd.completion import code_made, end_code
from annotation.judging.crowd.entry import Worker, crowd_enter, return_code, worker_known
from annotation.judging.crowd.places import places_set, workers_release
from annotation.judging.page import page_context
from annotation.judging.quality.interventions import participant_pause
from annotation.judging.refusals import JudgingRefused
from annotation.models import Item, Judgment, Lease, Participant, Study
from tests.annotation.builders import judge, participant, save, study
from tests.api.builders import program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def a_link(made: Study, by: User, **more) -> tuple[Link, str]:
    return link_make(kind=Link.Kind.CROWD, by=by, valid=timedelta(days=7), study=made, **{"places": 10, **more})


def come(token: str, name: str) -> Participant:
    worker = Worker("prolific", name)
    known = worker_known(worker)
    return crowd_enter(token=token, worker=worker, code=return_code(known.pk) if known else "")


def shown(who: Participant) -> tuple[str, str]:
    """The state of the page and the kind of its code."""
    who = Participant.objects.select_related("study", "annotator").get(pk=who.pk)
    page = page_context(who, started=True)
    return page["state"], page["code"].kind if page.get("code") else ""


def is_closed(who: Participant) -> None:
    study_set_state(study=who.study, state=Study.State.CLOSED)


def is_paused(who: Participant) -> None:
    study_set_state(study=who.study, state=Study.State.PAUSED)


def person_paused(who: Participant) -> None:
    participant_pause(participant=who, reason="too fast", by=User.objects.create(username="boss"))


def person_excluded(who: Participant) -> None:
    Participant.objects.filter(pk=who.pk).update(state="excluded")


def unqualified(who: Participant) -> None:
    Participant.objects.filter(pk=who.pk).update(state="unqualified")


def others_hold_leases(who: Participant) -> None:
    for i, item in enumerate(Item.objects.filter(taken__lt=1)):
        other = participant(who.study, f"other-{i}")
        Item.objects.filter(pk=item.pk).update(taken=1)
        Lease.objects.create(
            participant=other, item=item, a_on_left=True, expires_at=timezone.now() + timedelta(minutes=9)
        )


def at_cap(who: Participant) -> None:
    Study.objects.update(cap=1)


def complete(who: Participant) -> None:
    Item.objects.filter(n_judged=0).delete()


ENDS: dict[Callable, tuple[str, str]] = {
    is_closed: ("closed", "partial"),
    is_paused: ("paused", "partial"),
    person_paused: ("halted", "partial"),
    person_excluded: ("halted", "partial"),
    unqualified: ("halted", "screened"),
    others_hold_leases: ("waiting", "partial"),
    at_cap: ("done", "complete"),
    complete: ("done", "complete"),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_state_has_its_code(end: Callable) -> None:
    who = participant(study(items=3, overlap=1))
    judge(who)
    end(who)
    assert shown(who) == ENDS[end]


@pytest.mark.parametrize("end", [is_closed, is_paused, person_paused, others_hold_leases])
def test_who_has_judged_nothing_gets_no_code(end: Callable) -> None:
    who = participant(study(items=3, overlap=1))
    end(who)
    assert shown(who) == (ENDS[end][0], "")


def test_the_code_of_a_part_says_how_many() -> None:
    who = participant(study(items=3, overlap=1))
    judge(who), judge(who)
    assert end_code(who, "partial").text.endswith("-P2")
    assert code_made(who, "partial", 2) != code_made(who, "partial", 3)[:-1] + "2"  # nobody raises the number


def test_the_cap_of_a_link_goes_before_that_of_the_study(researcher: User) -> None:
    made = study(items=4, overlap=2, cap=3)
    who, short = come(a_link(made, researcher)[1], "w1"), come(a_link(made, researcher, cap=1)[1], "w2")
    for each, n in ((who, 3), (short, 1)):
        for _ in range(n):
            judge(each)
        assert isinstance(item_next(participant=each), Finished)
        assert page_context(each, started=True)["progress"]["total"] == n


def test_repeats_count_towards_the_cap() -> None:
    made = study(items=6, overlap=1, cap=3, audit_share=0.0, repeat_share=0.5, repeat_distance=1)
    who = participant(made)
    while isinstance(lease := item_next(participant=who), Lease):
        save(lease)
    assert who.judgments.count() == 3


def test_a_cap_under_the_check_items_is_refused() -> None:
    made = study()
    made.items.update(gold={"plausibility": 1, "typicality": None})
    with pytest.raises(StudyRefused, match="at most 1 judgments after 2 check items"):
        study(name="T", run=made.runs.get(), cap=1, qualification_items=2, gold=gold_lines(made))


def gold_lines(made: Study) -> list[str]:
    rows = made.items.values_list("intention", flat=True)[:2]
    return ["intention_id,plausibility,typicality,explanation", *(f"{pk},1,,because" for pk in rows)]


def test_an_item_that_was_open_at_the_close_is_saved_and_audited(researcher: User) -> None:
    who = participant(study(items=2))
    lease = item_next(participant=who)
    is_closed(who)
    assert shown(who)[0] == "item"
    judgment = save(lease)
    assert shown(who)[0] == "reveal"
    assert Judgment.objects.get() == judgment
    with pytest.raises(JudgingRefused, match="is closed"):
        item_next(participant=who)


def test_a_place_is_held_then_spent_and_free_again_if_nothing_came(researcher: User) -> None:
    made = study(items=4, overlap=2)
    link, token = a_link(made, researcher, places=2)
    first, second = come(token, "w1"), come(token, "w2")
    with pytest.raises(LinkRefused, match="used up"):
        come(token, "w3")
    judge(first)
    Participant.objects.update(place_until=timezone.now() - timedelta(minutes=1))
    third = come(token, "w3")
    places = dict(Participant.objects.values_list("pk", "place"))
    assert places == {first.pk: "spent", second.pk: "gone", third.pk: "held"}
    assert shown(second)[0] == "halted"
    with pytest.raises(JudgingRefused, match="with somebody else"):
        item_next(participant=second)
    with pytest.raises(LinkRefused, match="used up"):
        come(token, "w2")
    places_set(link=link, places=3)
    item_next(participant=come(token, "w2"))


def test_returned_workers_make_room(researcher: User) -> None:
    link, token = a_link(study(items=4), researcher, places=1)
    item_next(participant=come(token, "w1"))
    assert workers_release(link=link, ids=["w1", "nobody", ""]) == (1, ["nobody"])
    assert not Lease.objects.exists()
    come(token, "w2")
    link.refresh_from_db()
    assert link.n_used == 1
    with pytest.raises(StudyRefused, match="1 places are taken"):
        places_set(link=link, places=0)


def test_twenty_workers_leave_return_and_reload(researcher: User) -> None:
    # 20 workers x cap 7 = 140 >= 40 items x overlap 3 = 120: the quota is met, nobody is over the cap.
    rng = random.Random(1)
    made = study(run=finished_run(20), items=40, overlap=3, cap=7, audit_share=0.0)
    _, token = a_link(made, researcher, places=20)
    names = [f"w{i}" for i in range(20)]
    done: set[str] = set()
    for _ in range(5_000):
        if len(done) == 20:
            break
        name = rng.choice(names)
        who = come(token, name)
        for _ in range(rng.randint(1, 4)):
            found = item_next(participant=who)  # also a reload: the same item comes
            if not isinstance(found, Lease):
                done |= {name} if isinstance(found, Finished) else set()
                break
            if rng.random() < 0.1:
                break  # leaves with the item open
            save(found)
        if rng.random() < 0.2:
            Lease.objects.filter(participant=who).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert set(made.items.values_list("n_judged", "taken")) == {(3, 3)}
    assert max(Participant.objects.values_list("n_judged", flat=True)) <= 7
    people = list(Participant.objects.select_related("study", "annotator"))
    assert {who.place for who in people if who.n_judged} == {"spent"}
    assert "gone" not in {who.place for who in people}
    file = ["Participant id,Completion code"]
    for who in people:
        code = page_context(who, started=True)["code"] if who.n_judged else None
        file += [f"{who.annotator.crowd_id},{code.text}"] if code else []
    checked = codes_check(made, file)
    assert [each.said for each in checked if not each.right] == []
    assert sum(each.judged or 0 for each in checked) == 120


def test_a_file_of_codes_is_checked_row_by_row(researcher: User) -> None:
    made = study(items=4, overlap=2, cap=2)
    _, token = a_link(made, researcher)
    whole, part = come(token, "w1"), come(token, "w2")
    judge(whole), judge(whole), judge(part)
    other = come(a_link(study(name="Other", run=made.runs.get()), researcher)[1], "w2")
    of_whole = code_made(whole, "complete")
    rows = [
        f"w1,{of_whole}", f"w2,{code_made(part, 'partial', 1)}", f"w2,{of_whole}", f"w1,{of_whole}",
        "w9,MS-1234-5678", f"w2,{code_made(other, 'complete')}", "w2,",
    ]  # fmt: skip
    said = [(each.right, each.said) for each in codes_check(made, ["Participant id,Completion code", *rows])]
    assert said == [
        (True, "complete"), (True, "partial, 1 judged"), (False, "it is the code of another worker"),
        (False, "this person is in row 2 already"), (False, "nobody has this code"),
        (False, "it is a code of the study Other"), (False, "no code was handed in"),
    ]  # fmt: skip


def test_codes_of_ones_own_are_shown_and_checked(researcher: User) -> None:
    made = study(items=2, overlap=2, cap=1)
    codes = {"complete": "https://app.prolific.com/submissions/complete?cc=C1ABC", "partial": "PART-{n}"}
    codes_set(study=made, codes=codes)
    whole, none = (come(a_link(made, researcher)[1], name) for name in ("w1", "w2"))
    judge(whole)
    made.refresh_from_db()
    whole.study = made
    assert end_code(whole, "complete").address.endswith("cc=C1ABC")
    assert end_code(whole, "partial").text == "PART-1"
    first, second = codes_check(made, ["WorkerId,Answer.surveycode", "w1,C1ABC", "w2,C1ABC"])
    assert (first.right, first.kind, first.judged) == (True, "complete", 1)
    assert (second.right, second.said) == (False, "it says complete, but 0 are judged: partial")
    assert none.n_judged == 0


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ({"complete": "A", "partial": "a"}, "Each kind needs a code of its own"),
        ({"complete": "http://x.org"}, "begins with https"),
        ({"complete": "A B"}, "without blanks"),
        ({"complete": "TAKEN"}, "The study Other has the code TAKEN already"),
    ],
)
def test_codes_that_tell_nothing_are_refused(codes: dict[str, str], said: str) -> None:
    made = study()
    codes_set(study=study(name="Other", run=made.runs.get()), codes={"complete": "TAKEN"})
    with pytest.raises(StudyRefused, match=said):
        codes_set(study=made, codes=codes)


def test_command_page_and_api_check_alike(as_researcher: Client, researcher: User, tmp_path: Path) -> None:
    made = study(items=2)
    who = participant(made)
    judge(who)
    text = f"participant,code\nann-1,{code_made(who, 'partial', 1)}\n"
    (tmp_path / "codes.csv").write_text(text)
    out = StringIO()
    call_command("check_codes", "S", str(tmp_path / "codes.csv"), "--json", stdout=out)
    told = send(program(researcher), f"studies/{made.pk}/code-checks", csv=text).json()
    assert told["rows"] == json.loads(out.getvalue())["rows"]
    assert (told["right"], told["rows"][0]["said"]) == (1, "partial, 1 judged")
    file = {"file": SimpleUploadedFile("codes.csv", text.encode())}
    page = as_researcher.post(reverse("study-codes-check", args=[made.pk]), file).content.decode()
    assert "1 of 1 codes are right" in page
    (tmp_path / "odd.csv").write_text("name\nx\n")
    with pytest.raises(CommandError, match="no column of codes"):
        call_command("check_codes", "S", str(tmp_path / "odd.csv"))


def test_the_page_sets_places_and_codes(as_researcher: Client, researcher: User) -> None:
    made = study()
    link, token = a_link(made, researcher, places=1)
    come(token, "w1")
    asked = {"places": 5, "returned": "w1\nw2"}
    page = as_researcher.post(reverse("study-places", args=[made.pk, link.pk]), asked, follow=True).content.decode()
    assert "1 of 2 places are free again; nobody came as w2" in page and "5 places: 0 taken" in page
    as_researcher.post(reverse("study-codes", args=[made.pk]), {"complete": "DONE"})
    assert Study.objects.get().codes == {"complete": "DONE"}


def test_skips_are_listed_and_offered_again_by_programs(researcher: User) -> None:
    made, rosa = study(items=2), program(researcher)
    who = participant(made)
    item_skip(participant=who, item_id=item_next(participant=who).item_id, reason="picture")
    found = rosa.get(f"/api/v1/studies/{made.pk}/skips?reason=picture&standing=true").json()["results"]
    assert [each["annotator"] for each in found] == [who.pseudonym]
    assert send(rosa, f"studies/{made.pk}/skips/offer", skips=[found[0]["id"]]).json() == {"offered": 1}
