"""A bad batch of features is found and thrown away; who needs them asks again."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from distillation.features.services import FeatureChoice, features_discard
from distillation.models import Feature, Run, RunProduct
from distillation.pipeline.options import Options
from distillation.runs import ledger
from distillation.tasks import advance_run
from tests.distillation.builders import cobuys, run

pytestmark = pytest.mark.django_db


def described(name: str = "r1", *, text: str = "A bag.", server: str = "") -> Run:
    made = run(name)
    for row in RunProduct.objects.filter(run=made):
        known = ledger._products(made, Options.from_config(made.config), {row.product_id})[row.product_id]
        row.feature, _ = Feature.objects.get_or_create(
            key=known.feature_key,
            defaults={
                "product_id": row.product_id,
                "run": made,
                "server": server,
                "text": text or "A bag.",
                "raw_reply": "raw",
            },
        )
        row.save()
    return made


def discard(*words: str) -> dict:
    out = StringIO()
    call_command("discard_features", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_run_finds_what_an_earlier_one_was_told_until_it_is_thrown_away() -> None:
    cobuys(1)
    described()
    assert wants_features("r2") == 0
    assert features_discard(choice=FeatureChoice(words="a BAG")) == 2
    assert wants_features("r3") == 2


def wants_features(name: str) -> int:
    made = run(name)
    works = ledger.claim(made, Options.from_config(made.config), uuid.uuid4(), 10)
    return sum(not product.record.feature for work in works for product in (work.a, work.b))


def test_the_run_that_used_them_keeps_them() -> None:
    cobuys(1)
    used = described()
    features_discard(choice=FeatureChoice(run="r1"))
    assert list(RunProduct.objects.filter(run=used).values_list("feature__text", flat=True)) == ["A bag.", "A bag."]


def test_a_turned_salt_asks_for_all_anew() -> None:
    cobuys(1)
    described()
    with override_settings(LVLM_FEATURE_SALT="after the model was replaced"):
        assert wants_features("r2") == 2


def test_batches_by_server_run_and_age() -> None:
    cobuys(1)
    described(server="http://gpu-a:8000/v1")
    Feature.objects.update(created_at=Now() - timedelta(days=30))
    assert discard("--server", "http://gpu-b", "--dry-run")["features"] == 0
    assert discard("--server", "http://gpu-a", "--dry-run")["features"] == 2
    assert discard("--run", "r1", "--since", "2020-01-01", "--dry-run")["features"] == 2
    assert discard("--before", "2020-01-01")["features"] == 0
    assert discard("--all") == {"features": 2, "discarded": True}
    assert discard("--all")["features"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Say which features"),
        (("--run", "r9"), "no run named r9"),
        (("--since", "soon"), "--since soon: give a date"),
    ],
)
def test_what_is_not_clear_throws_nothing_away(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        discard(*words)


def test_features_say_who_asked_and_who_answered(transactional_db: None) -> None:
    cobuys(1)
    made = run()
    advance_run(made.pk)
    assert set(Feature.objects.values_list("run__name", "server")) == {("r1", "")}  # the rules have no server


def test_the_page_finds_them_and_throws_them_away(as_researcher: Client) -> None:
    cobuys(1)
    described(text="<think>A bag, they say")
    page = as_researcher.get("/features/", {"words": "<think>"})
    assert "2 features" in page.content.decode()
    as_researcher.post("/features/discard", {"words": "<think>"})
    assert Feature.objects.in_use().count() == 0
    assert "0 features" in as_researcher.get("/features/").content.decode()


def test_the_page_throws_nothing_away_unless_some_are_chosen(as_researcher: Client) -> None:
    cobuys(1)
    described()
    as_researcher.post("/features/discard", {"words": ""})
    assert Feature.objects.in_use().count() == 2
    assert as_researcher.get("/features/", {"since": "soon"}).status_code == 400


def test_only_researchers_see_them(annotator: User, as_annotator: Client) -> None:
    assert as_annotator.get("/features/").status_code == 403
    assert as_annotator.post("/features/discard", {"words": "a"}).status_code == 403


def test_the_page_shows_twenty_at_a_time_and_leads_to_the_rest(as_researcher: Client) -> None:
    cobuys(12)
    described()  # 24 products
    first, rest = (as_researcher.get("/features/", {"page": number}).content.decode() for number in (1, 2))
    assert (first.count('<th scope="row">'), rest.count('<th scope="row">')) == (20, 4)
    assert "24 features" in first and "page=2" in first
