"""What a shop sends, by the API: once, whole batches or nothing, in any order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from research.models import Exposure, OnlineExperiment, Outcome
from research.online.assignment import assigned
from research.online.results import online_results
from tests.api.builders import program, send

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = "online-experiments/shop"


@pytest.fixture
def shop(researcher: User) -> Client:
    client = program(researcher)
    arms = [{"name": "titles", "shows": "titles"}, {"name": "kept", "shows": "kept", "weight": 3}]
    assert send(client, "online-experiments", name="shop", arms=arms).status_code == 201
    return client


def exposure(key: str, unit: str = "u1", hours: float = 0, **more) -> dict:
    return {"key": key, "unit": unit, "at": (START + timedelta(hours=hours)).isoformat(), **more}


def counted() -> dict:
    online = OnlineExperiment.objects.get()
    online.counted_at = None
    return online_results(online).as_dict()


def test_the_function_is_the_documented_one() -> None:
    # printf 'pepper:visitor-1' | sha256sum begins with 9876d47fc51a8743: 2.38 on a line of 4.
    assert assigned("pepper", "visitor-1", [1, 3]) == 1
    shares = [assigned("pepper", f"v{n}", [1, 3]) for n in range(4_000)]
    assert abs(sum(shares) - 3_000) < 4 * (4_000 * 0.25 * 0.75) ** 0.5


def test_the_api_assigns_what_the_salt_does(shop: Client) -> None:
    salt = shop.get(f"/api/v1/{PLACE}").json()["salt"]
    for unit in ("a", "b", "ü 1"):
        arm = shop.get(f"/api/v1/{PLACE}/assignment", {"unit": unit}).json()["arm"]
        assert arm == ["titles", "kept"][assigned(salt, unit, [1, 3])]


def test_a_batch_sent_again_changes_nothing(shop: Client) -> None:
    rows = [exposure("k1"), exposure("k2", "u2"), exposure("k2", "u2")]
    first, again = (send(shop, f"{PLACE}/exposures", exposures=rows).json() for _ in range(2))
    assert (first, again) == (
        {"new": 2, "repeated": 1, "after_stop": 0},
        {"new": 0, "repeated": 3, "after_stop": 0},
    )
    assert counted()["left_out"]["repeats"] == 4


def test_a_known_key_with_other_content_is_a_conflict_and_takes_nothing(shop: Client) -> None:
    send(shop, f"{PLACE}/outcomes", outcomes=[exposure("k1", value=5)])
    answer = send(shop, f"{PLACE}/outcomes", outcomes=[exposure("k2"), exposure("k1", value=6)])
    assert (answer.status_code, "row 1" in answer.json()["detail"]) == (409, True)
    assert Outcome.objects.count() == 1


def test_outcomes_before_exposures_and_of_unknown_units_are_counted_apart(shop: Client) -> None:
    send(shop, f"{PLACE}/exposures", exposures=[exposure("k1")])
    outcomes = [
        exposure("early", hours=-1),
        exposure("in time", hours=24, value=7),
        exposure("late", hours=24 * 7),
        exposure("unknown", unit="nobody"),
    ]
    send(shop, f"{PLACE}/outcomes", outcomes=outcomes)
    told = counted()
    assert {name: told["left_out"][name] for name in ("early", "late", "unknown")} == {
        "early": 1,
        "late": 1,
        "unknown": 1,
    }
    assert sum(arm["purchases"] for arm in told["arms"]) == 1
    # The exposure that was on its way: now that outcome counts too.
    send(shop, f"{PLACE}/exposures", exposures=[exposure("k2", unit="nobody", hours=-2)])
    assert sum(arm["purchases"] for arm in counted()["arms"]) == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"key": "k", "unit": "u", "at": "2999-01-01T00:00:00Z"}, "row 0: at 2999-01-01T00:00:00Z is in the future"),
        ({"key": "k", "unit": "u", "at": "2026-01-01T00:00:00"}, "row 0: at has to be a time with its zone"),
        ({"key": "", "unit": "u", "at": "2026-01-01T00:00:00Z"}, "row 0: key has to be a text"),
        ({"key": "k", "unit": "u", "at": "2026-01-01T00:00:00Z", "arm": "x"}, "row 0: arm 'x' is none of titles, kept"),
    ],
)
def test_bad_rows_are_refused_by_their_place(shop: Client, row: dict, words: str) -> None:
    answer = send(shop, f"{PLACE}/exposures", exposures=[row])
    assert (answer.status_code, answer.json()["detail"].startswith(words)) == (422, True)
    assert not Exposure.objects.exists()


def test_after_the_stop_no_exposure_is_taken_but_outcomes_are(shop: Client) -> None:
    assert send(shop, f"{PLACE}/stop").json()["stopped_at"]
    OnlineExperiment.objects.update(stopped_at=START)
    rows = [exposure("before", hours=-1), exposure("after", hours=1)]
    assert send(shop, f"{PLACE}/exposures", exposures=rows).json() == {"new": 1, "repeated": 0, "after_stop": 1}
    assert send(shop, f"{PLACE}/outcomes", outcomes=[exposure("o", hours=2)]).json()["new"] == 1


def test_an_erased_unit_leaves_rows_and_sums(shop: Client) -> None:
    send(shop, f"{PLACE}/exposures", exposures=[exposure("k1"), exposure("k2", "u2")])
    send(shop, f"{PLACE}/outcomes", outcomes=[exposure("o1", hours=1)])
    assert sum(arm["units"] for arm in counted()["arms"]) == 2
    assert send(shop, f"{PLACE}/erasures", units=["u1", "never seen"]).json() == {"erased": 1}
    told = online_results(OnlineExperiment.objects.get()).as_dict()
    assert (sum(arm["units"] for arm in told["arms"]), told["left_out"]["erased_units"]) == (1, 1)
    assert (Exposure.objects.count(), Outcome.objects.count()) == (1, 0)
