"""Every page and every route serves whom it is for. A new one without an entry in the table of roles fails."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.links import Link, link_make, sign_in_link_make
from accounts.models import User
from accounts.services import user_create
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start
from annotation.judging.participants import participant_get
from annotation.models import Judgment, Study
from api.models import ApiToken
from api.urls import urlpatterns
from distillation.models import (
    CatalogImport,
    CoBuy,
    Intention,
    Picture,
    Product,
    PurchaseImport,
    Run,
    Upload,
    UploadImport,
    Verdict,
)
from research.models import Experiment, Gain, Training
from research.online.services import ArmPlan, online_create
from research.trainings.trainer.spec import Spec
from tests.annotation.builders import judge, preference_study, show_pictures, study
from tests.annotation.words import strays
from tests.api.builders import DAY, JSON, program
from tests.distillation.runs import coloured
from tests.distillation.uploads.files import png, sent, zipped
from tests.research.evaluations.builders import evaluation_row
from tests.research.purchases.builders import purchase_row
from tests.roles import CALLERS, PAGES, ROUTES, SERVED, doors
from webhooks.models import Event, Webhook

pytestmark = pytest.mark.django_db

Answers = dict[str, HttpResponse]

ONLINE = ("", "-detail", "-end", "-stop", "-tidy", "-results", "-assignment", "-exposures", "-outcomes", "-erasures")


def walk(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace not in ("admin", "api"):
            yield from walk(pattern.url_patterns)


def methods(pattern: URLPattern) -> list[str]:
    view = getattr(pattern.callback, "cls", None)
    return [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)] or ["get"]


PAGE_PATTERNS = {pattern.name: pattern for pattern in walk(get_resolver().url_patterns)}
ROUTE_PATTERNS = {f"{pattern.name}:{method}": pattern for pattern in urlpatterns for method in methods(pattern)}
OF_PAGE = {name.removesuffix(":post"): (name, door) for name, door in doors(PAGES).items()}
OF_ROUTE = doors(ROUTES)


@pytest.fixture(scope="module")
def people(module_db: None) -> dict[str, User | None]:
    roles = [role.rpartition(" of ")[0] or role for role in (name.removeprefix("other ") for name in CALLERS[1:])]
    users = [
        user_create(username=f"caller-{i}", password="correct-horse", role=User.Role(role))
        for i, role in enumerate(roles)
    ]
    return dict(zip(CALLERS, (None, *users), strict=True))


@pytest.fixture(scope="module")
def signed_in(people: dict[str, User | None]) -> dict[str, Client]:
    clients = {name: Client() for name in CALLERS}
    for name, user in people.items():
        if user:
            clients[name].force_login(user)
    return clients


@pytest.fixture
def browsers(signed_in: dict[str, Client]) -> Iterator[dict[str, Client]]:
    """Pages sign in and out. New clients would each load all of the middleware."""
    cookies = {name: deepcopy(client.cookies) for name, client in signed_in.items()}
    yield signed_in
    for name, client in signed_in.items():
        client.cookies = cookies[name]


@pytest.fixture(scope="module")
def programs(people: dict[str, User | None]) -> dict[str, Client]:
    return {name: program(user) if user else Client() for name, user in people.items()}


@pytest.fixture(scope="module")
def parts(people: dict[str, User | None], programs: dict[str, Client]) -> dict[str, Any]:
    """What the parts of addresses name: one study of one group, in which its annotator has judged."""
    annotator, researcher = people["annotator"], people["researcher"]
    study(name="T", created_by=people["researcher of another study"])
    team = Group.objects.create(name="team")
    annotator.groups.add(team)
    made = study(run=Run.objects.get(), overlap=1, groups=[team], created_by=researcher)
    participant = participant_get(study_id=made.pk, annotator=annotator)
    judgment = judge(participant)
    Study.objects.filter(pk=made.pk).update(adjudicator=people["other annotator"])
    pairs = preference_study()
    show_pictures()
    write_in_hebrew()
    return {
        "study_id": made.pk,
        "participant_id": participant.pk,
        "judgment_id": judgment.pk,
        "asin": Product.objects.first().asin,
        "cobuy_id": CoBuy.objects.first().pk,
        "intention_id": Intention.objects.first().pk,
        "digest": Picture.objects.get().digest,
        "token_id": ApiToken.objects.first().pk,
        "export_id": export_start(study=made, options=Options(format="label-studio"))[0].pk,
        "webhook_id": Webhook.objects.create(url="https://example.org/hook", events=[Event.RUN_FINISHED]).pk,
        "person_id": people["other annotator"].pk,
        "group_id": team.pk,
        "study-preferences": {"study_id": pairs.pk},
        "study-preferences-csv": {"study_id": pairs.pk, "name": "pairs"},
        "study-periods-csv": {"by": "category", "name": "plausible"},
        "study-compare-csv": {"measure": "typical"},
        **{f"study-panel{ending}": {"name": "progress"} for ending in ("", "-csv", "-svg")},
        **research_parts(made.runs.get()),
        **file_parts(researcher),
        **link_parts(researcher, annotator, made, team),
    }


def research_parts(run: Run) -> dict[str, Any]:
    online_create(name="shop", arms=[ArmPlan(name="titles"), ArmPlan(name="kept")])
    Training.objects.create(name=run.name, folder="t", config=asdict(Spec(name=run.name, data="d", base="b")))
    Gain.objects.create(name=run.name, run=run, folder="g", config={"arms": [], "base": "b"})
    arms = Experiment.objects.create(name=run.name).arms
    arms.create(run=run, is_control=True, place=0)
    return {
        "name": run.name,
        "treatment": "grey@1",
        "arm_id": arms.create(run=coloured.run("swapped"), factor="pictures", place=1).pk,
        "evaluation_id": evaluation_row("seen").pk,
        "test_id": purchase_row(run, "seen").pk,
        "purchase-detail": {"name": "seen"},
        "purchase-tidy": {"name": "seen"},
        "purchase-csv": {"ranker": "bm25", "table": "arms"},
        "evaluation": {"name": "seen"},
        "evaluation-answers": {"name": "seen"},
        **{f"online{ending}": {"name": "shop"} for ending in ONLINE},
    }


def file_parts(by: User) -> dict[str, Any]:
    purchases = {"import_id": PurchaseImport.objects.create(key="k", format="csv", sources=[]).pk}
    uploaded = {"import_id": UploadImport.objects.create(format="intentions", sources=[]).pk}
    return {
        "import_id": CatalogImport.objects.create(key="k", format="csv", sources=[]).pk,
        "import-csv": {"what": "products"},
        **{f"purchase-import-{page}": purchases for page in ("detail", "progress")},
        "upload_id": Upload.objects.create(name="p.csv", part="products", size=1, created_by=by).pk,
        "upload-look": {"upload_id": sent("i.csv", b"asin_a\n", by=by, part="intentions").pk},
        "upload-picture": {"upload_id": sent("p.zip", zipped(("B1.png", png("red"))), by=by).pk, "name": "B1.png"},
        "upload-import": uploaded,
        "upload-import-progress": uploaded,
    }


def link_parts(by: User, annotator: User, made: Study, team: Group) -> dict[str, Any]:
    def crowd() -> tuple[Link, str]:
        return link_make(kind=Link.Kind.CROWD, by=by, valid=DAY, study=made, group=team)

    return {
        "link_id": link_make(kind=Link.Kind.INVITATION, by=by, valid=DAY)[0].pk,
        "join": {"token": link_make(kind=Link.Kind.INVITATION, by=by, valid=DAY)[1]},
        "enter": {"token": sign_in_link_make(person=annotator, by=by)},
        "crowd-entry": {"token": crowd()[1]},
        "study-places": {"link_id": crowd()[0].pk},
    }


def write_in_hebrew() -> None:
    """What catalog, model and people write."""
    Product.objects.update(title=Concat(Value("מוצר "), "asin"), category="בית")
    Intention.objects.update(text="כי הם הולכים יחד", raw_reply="כי הם הולכים יחד")
    Verdict.objects.update(reason="כן, זה מתאים", raw_reply="כן, זה מתאים")
    Judgment.objects.update(comment="הערה שלי")
    Study.objects.update(name=Concat(Value("מחקר "), "name"), guidelines="הנחיות", terms="עשר דקות")
    Group.objects.update(name="צוות")


def address(pattern: URLPattern, parts: dict[str, Any], space: str = "") -> str:
    known = parts | parts.get(pattern.name, {})
    where = reverse(f"{space}{pattern.name}", kwargs={name: known[name] for name in pattern.pattern.converters})
    return f"{where}?PROLIFIC_PID=w1" if pattern.name == "crowd-entry" else where


def asked(client: Client, method: str, where: str, **body) -> HttpResponse:
    """As if nobody had asked before: what this changes is undone."""
    with transaction.atomic():
        answer = getattr(client, method)(where, **body)
        transaction.set_rollback(True)
    return answer


def is_served(answer: HttpResponse) -> bool:
    """Whatever else is wrong with the request: what is not one's own is as if it were not there."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(f"{reverse('login')}?next=")
    return answer.status_code not in (401, 403, 404, 405) and not to_sign_in


@pytest.fixture(scope="module")
def kept() -> dict[str, Answers]:
    return {}


@pytest.fixture
def answers(name: str, browsers: dict[str, Client], parts: dict[str, Any], kept: dict[str, Answers]) -> Answers:
    """What each caller is answered by the page of this name, asked once for all that is tested of it."""
    if name not in kept:
        where, method = address(PAGE_PATTERNS[name], parts), "post" if OF_PAGE[name][0].endswith(":post") else "get"
        kept[name] = {caller: asked(client, method, where) for caller, client in browsers.items()}
    return kept[name]


@pytest.mark.parametrize("name", PAGE_PATTERNS)
def test_each_page_serves_whom_it_is_for(answers: Answers, name: str) -> None:
    served = [caller for caller, answer in answers.items() if is_served(answer)]
    assert served == list(SERVED[OF_PAGE[name][1]])


@pytest.mark.parametrize("name", [name for name, (entry, _) in OF_PAGE.items() if not entry.endswith(":post")])
def test_words_of_others_find_their_own_direction(answers: Answers, name: str) -> None:
    callers = SERVED[OF_PAGE[name][1]] or CALLERS[:1]
    answer = answers[callers[-1]]
    if answer["Content-Type"].startswith("text/html"):
        assert strays(answer.content.decode()) == []


@pytest.mark.parametrize("name", sorted(PAGE_PATTERNS.keys() - {"home", "login"}))  # these send on, whatever is asked
def test_what_writes_is_never_a_link(browsers: dict[str, Client], parts: dict[str, Any], name: str) -> None:
    other = "get" if OF_PAGE[name][0].endswith(":post") else "delete"
    answer = asked(browsers["administrator"], other, address(PAGE_PATTERNS[name], parts))
    assert answer.status_code == 405


@pytest.mark.parametrize("route", ROUTE_PATTERNS)
def test_each_route_serves_whom_it_is_for(programs: dict[str, Client], parts: dict[str, Any], route: str) -> None:
    cache.clear()  # where calls are counted
    where, method = address(ROUTE_PATTERNS[route], parts, "api:"), route.split(":")[1]
    body = {} if method == "get" else {"data": {}, "content_type": JSON}
    served = [caller for caller, client in programs.items() if is_served(asked(client, method, where, **body))]
    assert served == list(SERVED[OF_ROUTE[route]])


def test_the_table_names_nothing_that_is_gone() -> None:
    assert set(OF_PAGE) == set(PAGE_PATTERNS)
    assert set(OF_ROUTE) == set(ROUTE_PATTERNS)


@pytest.mark.parametrize(("role", "status"), [("annotator", 302), ("researcher", 302), ("administrator", 200)])
def test_the_admin_site_is_for_administrators(request: pytest.FixtureRequest, role: str, status: int) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(role))
    assert client.get("/admin/").status_code == status
