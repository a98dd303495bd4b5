"""What is owed, who has it in hand and what came of it: rows, whoever dies when."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from distillation.lvlm.base import Failure as Why
from distillation.lvlm.base import Usage
from distillation.models import CoBuy, Failure, Feature, Intention, Picture, Product, Run, RunProduct, Verdict
from distillation.pipeline.engine import CoBuyWork, FeatureEnded, IntentionEnded, Unit, VerdictEnded
from distillation.pipeline.options import Options
from distillation.pipeline.records import VerdictValue
from distillation.pipeline.steps import Outcome
from distillation.runs import ledger
from tests.distillation.builders import cobuys, product, run

pytestmark = pytest.mark.django_db
ME, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def claim(of: Run, holder: uuid.UUID = ME, n: int = 10) -> list[CoBuyWork]:
    return ledger.claim(of, Options.from_config(of.config), holder, n)


def good(value) -> Outcome:
    return Outcome(value, None, f"raw {value}", Usage())


def bad(reason: str = "timeout") -> Outcome:
    return Outcome(None, Why(reason, "too slow"), "", Usage())


def intention(work: CoBuyWork, relation: str = "usedFor", text: str = "For light.") -> IntentionEnded:
    return IntentionEnded(work.id, Unit(relation, 0), good(text))


def verdict(work: CoBuyWork, relation: str = "usedFor", text: str = "For light.", p_yes: float = 0.8) -> VerdictEnded:
    return VerdictEnded(work.id, Unit(relation, 0, text), good(VerdictValue(True, p_yes, "It fits.")))


def owed(of: Run) -> list[int]:
    return list(of.cobuys.order_by("pk").values_list("n_owed", flat=True))


# Claims


def test_a_claim_names_what_is_owed():
    cobuys(1)
    [work] = claim(run())
    assert work.units == (Unit("isA", 0), Unit("usedFor", 0))
    assert (work.a.record.title, work.b.record.title) == ("Product B000000000", "Product B000000001")


def test_what_one_has_in_hand_nobody_else_gets():
    cobuys(3)
    made = run()
    mine, others = claim(made, ME, 2), claim(made, OTHER, 2)
    assert (len(mine), len(others)) == (2, 1)
    assert not {work.id for work in mine} & {work.id for work in others}
    assert claim(made, ME) == []


@pytest.mark.parametrize("left", [-timedelta(seconds=1), timedelta(days=1)])  # the other: the clock was set back
def test_a_claim_that_expired_is_free_again(left: timedelta):
    cobuys(1)
    made = run()
    claim(made, OTHER)
    made.cobuys.update(claimed_until=Now() + left)
    assert len(claim(made, ME)) == 1
    assert made.cobuys.get().claim == ME


def test_a_released_claim_is_free_again_and_only_ones_own():
    cobuys(2)
    made = run()
    claim(made, ME, 1)
    claim(made, OTHER, 1)
    ledger.release(made, ME)
    assert list(made.cobuys.order_by("pk").values_list("claim", flat=True)) == [None, OTHER]


@pytest.mark.parametrize("left", [timedelta(seconds=2), timedelta(days=1)])
def test_writing_renews_ones_own_claims_alone(left: timedelta):
    cobuys(2)
    made = run()
    claim(made, ME, 1)
    claim(made, OTHER, 1)
    until = timezone.now() + left
    made.cobuys.update(claimed_until=until)
    ledger.record(made, ME, [])
    assert until != made.cobuys.get(claim=ME).claimed_until < timezone.now() + timedelta(seconds=16)
    assert made.cobuys.get(claim=OTHER).claimed_until == until


def test_a_paused_run_gives_nothing_and_says_stop():
    cobuys(1)
    made = run()
    assert ledger.record(made, ME, []) is True
    Run.objects.update(state=Run.State.PAUSED)
    assert ledger.record(made, ME, []) is False
    assert claim(made) == []


@pytest.mark.django_db(transaction=True)
def test_many_claiming_at_once_get_each_cobuy_once():
    cobuys(40)
    made = run()

    def take_all(i: int) -> list[int]:
        taken = []
        while works := claim(made, uuid.UUID(int=i), 3):
            taken += [work.id for work in works]
        connection.close()
        return taken

    with ThreadPoolExecutor(6) as threads:
        taken = [pk for ids in threads.map(take_all, range(6)) for pk in ids]
    assert sorted(taken) == sorted(made.cobuys.values_list("cobuy_id", flat=True))


# Records


def test_the_count_of_what_is_owed_follows_the_rows():
    cobuys(2)
    made = run()  # 2 relations
    first, second = claim(made)
    ledger.record(made, ME, [intention(first)])
    assert owed(made) == [2, 2]  # an intention alone has not ended
    ledger.record(made, ME, [verdict(first), IntentionEnded(second.id, Unit("isA", 0), bad())])
    assert owed(made) == [1, 1]


def test_the_same_outcomes_twice_are_recorded_once():
    cobuys(1)
    made = run()
    [work] = claim(made)
    ended = [
        FeatureEnded(work.a, good("A lamp.")),
        FeatureEnded(work.b, bad()),
        intention(work),
        verdict(work),
        IntentionEnded(work.id, Unit("isA", 0), bad()),
    ]
    for _ in range(2):
        ledger.record(made, ME, ended)
    counts = [model.objects.count() for model in (Feature, Intention, Verdict, Failure)]
    assert (counts, owed(made)) == ([1, 1, 1, 2], [0])


def test_a_verdict_on_another_text_is_dropped_and_asked_again():
    cobuys(1)
    made = run(relations="usedFor")
    [work] = claim(made)
    ledger.record(made, OTHER, [intention(work, text="For light.")])
    ledger.record(made, ME, [intention(work, text="For warmth."), verdict(work, text="For warmth.")])
    assert (Intention.objects.get().text, Verdict.objects.count(), owed(made)) == ("For light.", 0, [1])
    ledger.release(made, ME)
    assert claim(made)[0].units == (Unit("usedFor", 0, "For light."),)


def test_where_the_intention_is_there_only_the_verdict_is_owed():
    cobuys(1)
    made = run()
    [work] = claim(made)
    ledger.record(made, ME, [intention(work, "isA", "Both are lamps.")])
    ledger.release(made, ME)
    assert claim(made)[0].units == (Unit("isA", 0, "Both are lamps."), Unit("usedFor", 0))


@pytest.mark.parametrize("kind", [IntentionEnded, VerdictEnded])
def test_a_failure_ends_its_unit(kind):
    cobuys(1)
    made = run()
    [work] = claim(made)
    ledger.record(made, ME, [intention(work, "isA"), kind(work.id, Unit("isA", 0, "For light."), bad("too_long"))])
    ledger.release(made, ME)
    assert [unit.relation for unit in claim(made)[0].units] == ["usedFor"]
    assert (Failure.objects.get().reason, Failure.objects.get().detail) == ("too_long", "too slow")


def test_a_cobuy_that_turns_out_to_owe_nothing_is_settled():
    cobuys(1)
    made = run(relations="usedFor")
    [work] = claim(made)
    ledger.record(made, ME, [intention(work), verdict(work)])
    made.cobuys.update(n_owed=1, claim=None, claimed_until=None)
    assert (claim(made), owed(made)) == ([], [0])


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\U0001f50b a b"])
def test_whatever_a_model_says_is_storable(text):
    cobuys(1)
    made = run(relations="usedFor")
    [work] = claim(made)
    said = VerdictEnded(work.id, Unit("usedFor", 0, text), good(VerdictValue(True, None, text)))
    ledger.record(made, ME, [FeatureEnded(work.a, good(text)), intention(work, text=text), said])
    assert owed(made) == [0]
    assert "\x00" not in Verdict.objects.get().reason


def test_a_failures_words_are_storable():
    cobuys(1)
    made = run(relations="usedFor")
    [work] = claim(made)
    why = Outcome(None, Why("bad_request", "no \x00 \ud800"), "raw \x00", Usage())
    ledger.record(made, ME, [IntentionEnded(work.id, Unit("usedFor", 0), why)])
    assert (Failure.objects.get().detail, Failure.objects.get().raw_reply) == ("no  ?", "raw ")


# Features across runs


def described(of: Run) -> list[tuple[bool, bool]]:
    """(has a feature, known before) of each product of the run."""
    rows = RunProduct.objects.filter(run=of).order_by("product")
    return [(row.feature_id is not None, row.from_cache) for row in rows]


def test_a_second_run_knows_the_features_of_the_first():
    cobuys(1)
    first, second = run("one"), run("two", relations="can")
    [work] = claim(first)
    ledger.record(first, ME, [FeatureEnded(work.a, good("A lamp.")), FeatureEnded(work.b, good("A cap."))])
    [again] = claim(second)
    assert (again.a.record.feature, again.b.record.feature) == ("A lamp.", "A cap.")
    assert (described(first), described(second)) == ([(True, False)] * 2, [(True, True)] * 2)


@pytest.mark.parametrize("change", ["title", "picture", "model", "prompt"])
def test_a_feature_is_not_reused_where_the_question_would_differ(change, monkeypatch):
    [pair] = cobuys(1, picture("aa"))
    first = run("one", with_images=True)
    [work] = claim(first)
    ledger.record(first, ME, [FeatureEnded(work.a, good("A lamp."))])
    if change in ("title", "picture"):
        new = {"title": "Another title"} if change == "title" else {"picture": picture("bb")}
        Product.objects.filter(pk=pair.a_id).update(**new)
    second = run("two", with_images=True, model="rules-2" if change == "model" else "rules-1")
    options = Options.from_config(second.config)
    if change == "prompt":
        options = replace(options, prompts=replace(options.prompts, digest="another"))
    [again] = ledger.claim(second, options, ME, 1)
    assert again.a.record.feature == ""


def picture(start: str) -> Picture:
    stored = Picture.objects.create(digest=start.ljust(64, "0"), width=1, height=1, size=5)
    if not default_storage.exists(stored.name):
        default_storage.save(stored.name, ContentFile(b"\xff\xd8jpg"))
    return stored


def test_products_of_the_same_content_share_a_feature():
    twins = [product(f"B{i}", title="The same lamp") for i in (1, 2)]
    CoBuy.objects.create(a=twins[0], b=twins[1])
    made = run()
    [work] = claim(made)
    ledger.record(made, ME, [FeatureEnded(work.a, good("A lamp.")), FeatureEnded(work.b, good("A lamp."))])
    assert (Feature.objects.count(), described(made)) == (1, [(True, False)] * 2)
