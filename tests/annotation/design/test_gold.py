import pytest

from annotation.design.protocol import StudyRefused
from annotation.models import Study
from distillation.models import Intention, Run, Verdict
from tests.annotation.builders import study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

GOLD = ["intention_id,plausibility,typicality,explanation"]


def gold_line(intention: Intention, answers: str) -> str:
    return f"{intention.pk},{answers}"


def test_gold_items_stand_beside_the_sample() -> None:
    run = finished_run(2)  # 4 intentions
    first = run.intentions.order_by("pk").first()
    made = study(run=run, items=3, gold=[*GOLD, gold_line(first, "Yes,rather,Obvious")], qualification_items=1)
    gold = made.items.get(gold__isnull=False)
    assert gold.gold == {"plausibility": 1, "typicality": 2, "explanation": "Obvious"}
    assert (gold.intention, gold.inclusion_probability, made.n_items) == (first, 1, 3)
    drawn = made.items.sampled()  # what is gold is not drawn as well: 3 of 3
    assert list(drawn.values_list("inclusion_probability", flat=True)) == [1.0] * 3


def test_gold_can_be_named_by_its_products() -> None:
    run = finished_run(2)
    lines = ["asin_a,asin_b,relation,plausibility", "B000000001,B000000000,isA,0"]  # in either order
    gold = study(run=run, items=1, gold=lines).items.get(gold__isnull=False)
    assert (gold.intention.relation, gold.gold["plausibility"]) == ("isA", 0)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["intention_id,plausibility", "0,1", "x,1"], r"line 2 \(0\), line 3 \(x\); mend these lines"),
        (["asin_a,asin_b,relation,plausibility", "X,Y,isA,1"], r"line 2 \(X Y isA\)"),
        (["intention_id,answer"], "needs the columns"),
        (["intention_id,plausibility"], "has no rows"),
        ([], "it has none"),
        (["intention_id,plausibility", "{pk},maybe"], r"has plausibility 'maybe'; the scale has 1 \(Yes\), 0 \(No\)"),
        (["intention_id,plausibility,typicality", "{pk},1,4"], "has typicality '4'"),
        (["intention_id,plausibility", "{pk},1", "{pk},0"], "same intention twice"),
        (["intention_id,plausibility", "{other},1"], "not among the intentions of r1"),
    ],
)
def test_bad_gold_is_named_and_leaves_nothing(lines: list[str], why: str) -> None:
    run, other = finished_run(2), None
    if "{other},1" in lines:
        other = Intention.objects.create(
            run=Run.objects.create(name="r9", backend="baseline", model="m", config={}), relation="isA", text="t",
            raw_reply="t", cobuy=run.intentions.first().cobuy,
        )  # fmt: skip
    ids = {"pk": run.intentions.first().pk, "other": other and other.pk}
    with pytest.raises(StudyRefused, match=why) as refusal:
        study(run=run, items=2, gold=[line.format(**ids) for line in lines])
    assert "\n" not in str(refusal.value)
    assert not Study.objects.exists()


def test_a_run_with_two_samples_of_a_relation_needs_ids_for_gold() -> None:
    run = finished_run(2)
    first = run.intentions.filter(relation="isA").order_by("pk").first()
    again = Intention.objects.create(run=run, cobuy=first.cobuy, relation="isA", sample=1, text="t", raw_reply="t")
    Verdict.objects.create(intention=again, yes=True, reason="", raw_reply="")
    with pytest.raises(StudyRefused, match=r"more than one.*name them by intention_id"):
        study(run=run, gold=["asin_a,asin_b,relation,plausibility", "B000000000,B000000001,isA,1"])
