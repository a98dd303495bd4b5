"""Runs that show treated pictures: what the model is sent, what is kept, and what a treatment loses."""

import pytest
from django.core.management import CommandError, call_command

from distillation.models import Failure, Product, Run, TreatedPicture
from distillation.pipeline.options import Options
from distillation.runs import ledger
from distillation.runs.pictures import left_out_cobuys, run_pictures_ready
from distillation.runs.services import RunRefused, RunSettings, run_start
from distillation.treatments.swaps import swaps
from tests.distillation.runs.coloured import catalog, picture, run

pytestmark = pytest.mark.django_db
HOLDER = "00000000-0000-0000-0000-000000000001"


def sent(made: Run) -> dict[str, str]:
    """Digests of the pictures that the model gets, by ASIN."""
    assert run_pictures_ready(made, seconds=60)
    works = ledger.claim(made, Options.from_config(made.config), HOLDER, 10)
    records = [product.record for work in works for product in (work.a, work.b)]
    return {record.asin: record.picture.digest for record in records if record.picture}


def test_each_treatment_sends_pictures_of_its_own():
    catalog()
    own = set(Product.objects.values_list("picture__digest", flat=True))
    digests = [set(sent(run(name)).values()) for name in ("grey", "blur", "edges", "blank")]
    assert own.isdisjoint(set.union(*digests))
    assert len(set.union(*digests[:3])) == sum(map(len, digests[:3]))


def test_features_are_asked_anew_under_each_treatment():
    catalog()
    keys = []
    for name in ("as-is", "grey", "swapped"):
        made = run(name)
        assert run_pictures_ready(made, seconds=60)
        works = ledger.claim(made, Options.from_config(made.config), HOLDER, 10)
        keys.append({product.feature_key for work in works for product in (work.a, work.b)})
    assert len(set.union(*keys)) == sum(map(len, keys))


def test_a_picture_is_treated_once_for_all_runs():
    catalog()
    sent(run("grey"))
    made = TreatedPicture.objects.get(source__products__asin="B000000000")
    made.picture = picture(1, 2, 3)  # to be known again
    made.save()
    again = run_start(
        name="again",
        backend="baseline",
        model="rules-1",
        base_urls=[],
        settings=RunSettings.checked(relations="usedFor", limit=None, pictures="grey"),
    )[0]
    assert sent(again)["B000000000"] == made.picture.digest


def test_a_grey_picture_made_grey_leaves_its_cobuy_out_without_a_call():
    _, with_grey = catalog()
    made = run("grey")
    assert set(sent(made)) == {"B000000000", "B000000001"}
    assert left_out_cobuys(made) == {with_grey.pk}
    assert list(made.failures.values_list("reason", flat=True)) == ["unchanged"] * 2  # two relations
    assert made.cobuys.get(cobuy=with_grey).n_owed == 0


def test_what_was_left_out_stays_so_when_everything_is_asked_again():
    _, with_grey = catalog()
    made = run("grey")
    sent(made)
    Failure.objects.filter(run=made).delete()
    made.cobuys.update(n_owed=2, claim=None, claimed_until=None)
    assert "B000000003" not in sent(made)
    assert left_out_cobuys(made) == {with_grey.pk}


def test_what_is_measured_is_kept():
    catalog()
    sent(run("blank"))
    effects = TreatedPicture.objects.get(source__products__asin="B000000000").effects
    assert (effects["texture"], effects["outline"]) == (0, 0)


def test_swapped_shows_neither_the_own_nor_the_partners_picture():
    catalog()
    own = dict(Product.objects.values_list("asin", "picture__digest"))
    shown = sent(run("swapped"))
    for a, b in (("B000000000", "B000000001"), ("B000000002", "B000000003")):
        assert {shown[a], shown[b]}.isdisjoint({own[a], own[b]})


def test_swaps_do_not_depend_on_the_order_of_products():
    pictures, partners = {1: "a", 2: "b", 3: "c", 4: "d"}, {1: {2}, 2: {1}, 3: {4}, 4: {3}}
    assert swaps(pictures, partners) == swaps(dict(reversed(pictures.items())), partners)


def test_a_product_for_which_no_picture_will_do_is_left_out():
    assert swaps({1: "a", 2: "b"}, {1: {2}, 2: {1}}) == {}


def test_people_see_the_originals():
    catalog()
    before = dict(Product.objects.values_list("pk", "picture"))
    sent(run("grey"))
    assert dict(Product.objects.values_list("pk", "picture")) == before


def test_none_is_a_run_without_pictures():
    assert RunSettings.checked(relations="isA", limit=None, pictures="none").with_images is False
    assert RunSettings.checked(relations="isA", limit=None, with_images=False).pictures == "none"


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"pictures": "gray"}, "known are"), ({"pictures": "grey", "with_images": False}, "there are none")],
)
def test_what_makes_no_sense_is_refused(asked: dict, words: str):
    with pytest.raises(RunRefused, match=words):
        RunSettings.checked(relations="isA", limit=None, **asked)


def test_a_run_without_titles_or_features_sends_none():
    catalog()
    made = run("as-is", with_titles=False, with_features=False)
    options = Options.from_config(made.config)
    assert (options.with_titles, options.with_features) == (False, False)


def test_the_check_writes_nothing(capsys):
    catalog()
    call_command("treat_pictures", "--check", "--treatments", "grey,blank")
    words = capsys.readouterr().out
    assert "grey@1" in words
    assert "lost: 1 unchanged" in words
    assert TreatedPicture.objects.count() == 0


def test_the_check_needs_pictures():
    with pytest.raises(CommandError, match="no pictures"):
        call_command("treat_pictures", "--check")
