"""Gains, tests of purchases and experiments in shops: renamed, archived, deleted, by page and API."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Deed, User
from distillation.models import Run
from research.models import Gain, OnlineArm, OnlineExperiment, PurchaseTest
from tests.api.builders import program, send
from tests.distillation.builders import finished_run
from tests.research.purchases.builders import purchase_row

pytestmark = pytest.mark.django_db
PAGES = {"gain": "gain-tidy", "purchases": "purchase-tidy", "shop": "online-tidy"}
LISTS = {"gain": "training-list", "purchases": "purchase-list", "shop": "online-list"}


def gain(run: Run, **more: object) -> Gain:
    config = {"arms": [{"name": "method"}], "training": {"base": "b"}}
    return Gain.objects.create(name="one", run=run, folder="f", config=config, **{"state": "done", **more})


def shop_test(run: Run, **more: object) -> OnlineExperiment:
    online = OnlineExperiment.objects.create(name="one", **{"stopped_at": timezone.now(), **more})
    OnlineArm.objects.create(online=online, place=0, name="kept", run=run)
    return online


def made(kind: str) -> type[Model]:
    run = finished_run()
    if kind == "purchases":
        purchase_row(run, "one")
        purchase_row(run, "one", design="naive")
        return PurchaseTest
    return type({"gain": gain, "shop": shop_test}[kind](run))


def tidy(client: Client, kind: str, to: str, **posted: str):
    return client.post(
        reverse(PAGES[kind], args=["one"]), {"to": to, **{f"{to}-{name}": value for name, value in posted.items()}}
    )


@pytest.mark.parametrize("kind", PAGES)
def test_it_is_renamed_with_all_its_rows_and_the_trail_has_it(as_researcher: Client, kind: str) -> None:
    model = made(kind)
    assert tidy(as_researcher, kind, "rename", name="two")["Location"] == reverse(PAGES[kind], args=["two"])
    assert set(model.objects.values_list("name", flat=True)) == {"two"}
    assert Deed.objects.get(kind="renamed").details["before"] == "one"


@pytest.mark.parametrize("kind", PAGES)
def test_in_the_archive_it_is_out_of_the_list(as_researcher: Client, kind: str) -> None:
    made(kind)
    tidy(as_researcher, kind, "archive")
    here, archive = (as_researcher.get(reverse(LISTS[kind]) + query).content.decode() for query in ("", "?archive"))
    assert ("In the archive" in here, ">one</a>" in here, ">one</a>" in archive) == (True, False, True)


@pytest.mark.parametrize("kind", PAGES)
def test_it_goes_for_good_by_its_name_and_its_run_stays(as_researcher: Client, kind: str) -> None:
    model = made(kind)
    assert tidy(as_researcher, kind, "delete", typed="tow").status_code == 422
    assert tidy(as_researcher, kind, "delete", typed="one")["Location"] == reverse(LISTS[kind])
    assert (model.objects.count(), Run.objects.count()) == (0, 1)


@pytest.mark.parametrize("to", ["rename", "archive", "delete"])
def test_what_goes_on_by_its_name_stays_as_it_is(as_researcher: Client, to: str) -> None:
    gain(finished_run(), state="running")
    OnlineExperiment.objects.create(name="one")
    asked = {"rename": {"name": "two"}, "archive": {}, "delete": {"typed": "one"}}[to]
    assert [tidy(as_researcher, kind, to, **asked).status_code for kind in ("gain", "shop")] == [422, 422]
    assert Gain.objects.get().name == OnlineExperiment.objects.get().name == "one"


@pytest.mark.parametrize("kind", PAGES)
def test_programs_do_the_same(researcher: User, kind: str) -> None:
    model = made(kind)
    client = program(researcher)
    row = model.objects.first()
    at = {"gain": "gains/", "shop": "online-experiments/", "purchases": "purchase-tests/"}[kind]
    place = at + (str(row.pk) if kind == "purchases" else "one")
    assert send(client, place, method="patch", archived=True, name="two").json()["name"] == "two"
    assert model.objects.archived().count() == model.objects.count()
    place = at + (str(row.pk) if kind == "purchases" else "two")
    assert send(client, place, method="delete", name="one").status_code == 409
    assert send(client, place, method="delete", name="two").status_code == 204
    assert not model.objects.exists()
