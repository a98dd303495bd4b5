from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from accounts.links import link_make, link_revoke, sign_in_link_make
from accounts.models import Link, User
from annotation.exchange.exports.streams import judgments_csv
from annotation.judging.crowd.completion import return_code
from annotation.judging.crowd.signatures import signature_of
from annotation.models import Participant, Study
from api.tokens.services import TokenRefused
from tests.annotation.builders import judge, study
from tests.api.builders import program

pytestmark = pytest.mark.django_db
PID = "5f2b0c1d9e8a7b6c5d4e3f2a"


@pytest.fixture(scope="module")
def made_once(module_db: None) -> Study:
    return study(items=4, overlap=2)


@pytest.fixture
def made(db: None, made_once: Study) -> Study:
    return Study.objects.get(pk=made_once.pk)


def link(made: Study, by: User, **more) -> tuple[Link, str]:
    more = {"places": 10, **more}
    return link_make(kind=Link.Kind.CROWD, by=by, valid=timedelta(days=7), study=made, **more)


def come(token: str, client: Client | None = None, code: str = "", **parameters) -> tuple[Client, HttpResponse]:
    client = client or Client()
    return client, client.post(f"/crowd/{token}/?{urlencode(parameters)}", {"code": code})


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


@pytest.mark.parametrize(("parameter", "platform"), [("PROLIFIC_PID", "prolific"), ("workerId", "mturk")])
def test_a_worker_lands_on_the_judging_page(made: Study, researcher: User, parameter: str, platform: str) -> None:
    client, answer = come(link(made, researcher)[1], **{parameter: PID})
    worker = User.objects.get(crowd_platform=platform, crowd_id=PID)
    assert (worker.role, worker.has_usable_password()) == ("annotator", False)
    assert answer["Location"] == f"/judge/{made.pk}/"
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(("cap", "told"), [(0, False), (7, True)])
def test_the_most_that_one_person_judges_is_told_where_there_is_one(
    made: Study, researcher: User, cap: int, told: bool
) -> None:
    page = said(Client().get(f"/crowd/{link(made, researcher, cap=cap)[1]}/?PROLIFIC_PID={PID}"))
    assert ("One person judges at most" in page) == told and "at most ." not in page


def test_the_name_does_not_tell_the_id(made: Study, researcher: User) -> None:
    come(link(made, researcher)[1], PROLIFIC_PID=PID)
    worker = User.objects.get(crowd_id=PID)
    assert worker.username.startswith("prolific-") and PID not in worker.username


def test_the_same_worker_is_the_same_annotator_in_every_study(made: Study, researcher: User) -> None:
    other = study(run=made.runs.get(), name="Other")
    client = None
    for where in (made, made, other):
        client, _ = come(link(where, researcher)[1], client, PROLIFIC_PID=PID)
    assert User.objects.filter(crowd_id=PID).count() == 1
    assert Participant.objects.count() == 2


def test_coming_back_takes_no_second_place(made: Study, researcher: User) -> None:
    made_link, token = link(made, researcher, places=2)
    clients = {"p1": Client(), "p2": Client()}
    for pid in ("p1", "p1", "p2", "p1"):
        assert come(token, clients[pid], PROLIFIC_PID=pid)[1].status_code == 302
    assert "used up" in said(come(token, PROLIFIC_PID="p3")[1])
    made_link.refresh_from_db()
    assert (made_link.n_used, User.objects.filter(crowd_platform="prolific").count()) == (2, 2)


@pytest.mark.parametrize(
    "pid", ["", "a" * 65, "a" * 300, "{{%PROLIFIC_PID%}}", "a b", "=1+1", "a\n", "../x", "ä", "<script>", "\x00"]
)
def test_what_is_no_id_makes_nobody(made: Study, researcher: User, pid: str) -> None:
    answer = come(link(made, researcher)[1], PROLIFIC_PID=pid)[1]
    assert (answer.status_code, "open the study from the platform" in said(answer)) == (403, True)
    assert not User.objects.exclude(crowd_id="").exists()


def test_a_closed_study_says_so(made: Study, researcher: User) -> None:
    _, token = link(made, researcher)
    Study.objects.update(state=Study.State.CLOSED)
    assert "is closed" in said(come(token, PROLIFIC_PID=PID)[1])


def test_a_revoked_link_says_so(made: Study, researcher: User) -> None:
    made_link, token = link(made, researcher)
    link_revoke(link=made_link, by=made_link.created_by)
    assert "has been revoked" in said(come(token, PROLIFIC_PID=PID)[1])


def test_a_deactivated_worker_stays_out(made: Study, researcher: User) -> None:
    _, token = link(made, researcher)
    client, _ = come(token, PROLIFIC_PID=PID)
    User.objects.filter(crowd_id=PID).update(is_active=False)
    client.post("/accounts/logout/")
    client, answer = come(token, client, PROLIFIC_PID=PID, code=return_code(User.objects.get(crowd_id=PID).pk))
    assert "deactivated" in said(answer) and "_auth_user_id" not in client.session


def test_nobody_becomes_a_person_with_a_password(made: Study, researcher: User, annotator: User) -> None:
    come(link(made, researcher)[1], PROLIFIC_PID="anna")
    assert User.objects.get(crowd_id="anna").pk != annotator.pk


def test_who_is_signed_in_is_not_signed_out_by_a_link(as_researcher: Client, made: Study, researcher: User) -> None:
    _, answer = come(link(made, researcher)[1], as_researcher, PROLIFIC_PID=PID)
    assert "signed in as rosa" in said(answer)
    assert as_researcher.get("/studies/").status_code == 200


def test_the_links_group_opens_a_study_of_that_group(made: Study, researcher: User) -> None:
    crowd = Group.objects.create(name="crowd")
    made.groups.add(crowd)
    assert "not open" in said(come(link(made, researcher)[1], PROLIFIC_PID=PID)[1])
    assert come(link(made, researcher, group=crowd)[1], PROLIFIC_PID=PID)[1].status_code == 302


def test_exports_hold_pseudonyms_and_no_names(made: Study, researcher: User) -> None:
    come(link(made, researcher)[1], PROLIFIC_PID=PID)
    worker = User.objects.get(crowd_id=PID)
    User.objects.filter(pk=worker.pk).update(email="w@example.org", first_name="Wanda", last_name="Worker")
    who = Participant.objects.get(annotator=worker)
    judge(who)
    rows = b"".join(judgments_csv(made)).decode()
    assert who.pseudonym in rows
    for name in (worker.username, worker.username.split("-")[1], PID, "w@example.org", "Wanda", "Worker"):
        assert name not in rows


def test_annotators_never_see_an_id(made: Study, researcher: User, as_annotator: Client) -> None:
    client, answer = come(link(made, researcher)[1], PROLIFIC_PID=PID)
    for page in (answer["Location"], "/judge/", f"/judge/{made.pk}/own/"):
        assert PID not in said(client.get(page)) + said(as_annotator.get(page))


def test_opening_the_address_makes_nobody(made: Study, researcher: User) -> None:
    _, token = link(made, researcher, terms="About 10 minutes, 2 pounds", cap=7)
    shown = said(Client().get(f"/crowd/{token}/", {"PROLIFIC_PID": PID}))
    assert "About 10 minutes, 2 pounds" in shown and "at most 7" in shown
    assert not User.objects.exclude(crowd_id="").exists()


def test_who_only_knows_the_id_gets_no_session(made: Study, researcher: User) -> None:
    _, token = link(made, researcher)
    come(token, PROLIFIC_PID=PID)
    thief, answer = come(token, PROLIFIC_PID=PID, code="AAAA-BBBB-CCCC")
    assert answer.status_code == 403 and "return code" in said(answer)
    assert "_auth_user_id" not in thief.session


def test_the_device_and_the_return_code_lead_back(made: Study, researcher: User) -> None:
    _, token = link(made, researcher, places=1)
    client, answer = come(token, PROLIFIC_PID=PID)
    worker = User.objects.get(crowd_id=PID)
    code = return_code(worker.pk)
    assert code in said(client.get(answer["Location"])) and code in said(client.get(f"/judge/{made.pk}/pause"))
    client.post("/accounts/logout/")
    assert come(token, client, PROLIFIC_PID=PID)[1].status_code == 302  # by the device
    other, answer = come(token, PROLIFIC_PID=PID, code=code.lower().replace("-", " "))
    assert (answer.status_code, other.session["_auth_user_id"]) == (302, str(worker.pk))


def test_the_secret_of_one_device_is_not_that_of_another_worker(made: Study, researcher: User) -> None:
    _, token = link(made, researcher)
    come(token, PROLIFIC_PID="victim")
    thief, _ = come(token, PROLIFIC_PID="thief")
    own = thief.cookies[f"device_{User.objects.get(crowd_id='thief').pk}"].value
    thief.cookies[f"device_{User.objects.get(crowd_id='victim').pk}"] = own
    assert come(token, thief, PROLIFIC_PID="victim")[1].status_code == 403


def test_a_signed_link_wants_the_signature_of_the_id(made: Study, researcher: User) -> None:
    made_link, token = link(made, researcher, signature=Link.Signature.KEY)
    mine = signature_of(made_link, PID)
    for signature in ("", mine[:-1], signature_of(made_link, "other")):
        assert "not signed" in said(come(token, PROLIFIC_PID=PID, signature=signature)[1])
    assert come(token, PROLIFIC_PID=PID, signature=mine)[1].status_code == 302
    assert come(token, PROLIFIC_PID=PID, signature=mine)[1].status_code == 403  # replayed elsewhere


def test_a_worker_reaches_the_studies_of_their_links_only(made: Study, researcher: User) -> None:
    other = study(run=made.runs.get(), name="Other")
    client, _ = come(link(made, researcher)[1], PROLIFIC_PID=PID)
    assert client.get(f"/judge/{other.pk}/").status_code == 404
    assert "Other" not in said(client.get("/judge/"))


def test_a_worker_makes_no_token(made: Study, researcher: User) -> None:
    come(link(made, researcher)[1], PROLIFIC_PID=PID)
    with pytest.raises(TokenRefused, match="crowd platform"):
        program(User.objects.get(crowd_id=PID))


def test_who_has_begun_comes_back_after_the_link_has_expired(made: Study, researcher: User) -> None:
    made_link, token = link(made, researcher)
    client, _ = come(token, PROLIFIC_PID=PID)
    Link.objects.filter(pk=made_link.pk).update(expires_at=made_link.created_at)
    assert come(token, client, PROLIFIC_PID=PID)[1].status_code == 302
    assert "expired" in said(come(token, PROLIFIC_PID="late")[1])


def test_a_researchers_sign_in_link_lets_a_worker_back_in(made: Study, researcher: User) -> None:
    _, token = link(made, researcher)
    come(token, PROLIFIC_PID=PID)
    client = Client()
    client.post(f"/accounts/enter/{sign_in_link_make(person=User.objects.get(crowd_id=PID), by=researcher)}/")
    assert come(token, client, PROLIFIC_PID=PID)[1].status_code == 302


def test_a_links_cap_under_the_check_items_is_refused(as_researcher: Client, made: Study) -> None:
    Study.objects.update(qualification_items=3)
    asked = {"study": made.pk, "places": 5, "cap": 2, "days": 3}
    assert "asks 3 check items first" in said(as_researcher.post("/people/links/crowd", asked))
