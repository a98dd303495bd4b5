"""The same co-buy and relation in all arms, with the pictures as each arm saw them; and the blunt test."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from distillation.models import CoBuy, Intention, Picture, Product, Run, RunProduct
from distillation.pipeline.relations import RELATIONS
from distillation.runs.pictures import run_treatment
from research.experiments.asking import asks, followed_by_people
from research.experiments.following import Follows, Told, following
from research.experiments.keeping import keeping
from research.models import Arm
from stats.estimate import Estimate

MOST_READ = 5_000


@dataclass(frozen=True, slots=True)
class Seen:
    """An arm's answer for a co-buy and relation; `pictures` are those that the model saw, None where none was."""

    arm: Arm
    pictures: list[Picture | None]
    text: str
    kept: bool | None
    p_yes: float | None
    why_not: str


@dataclass(frozen=True, slots=True)
class Blunt:
    """Swapped against the control: what the intentions follow, and how many are the control's to the letter."""

    arm: Arm
    shares: dict[Follows, Estimate]
    people: dict[Follows, Estimate]
    equal: int
    n: int


def cobuy_ids(control: Run) -> list[int]:
    return list(control.cobuys.order_by("cobuy").values_list("cobuy", flat=True))


def side_by_side(arms: list[Arm], cobuy: CoBuy, relation: str) -> list[Seen]:
    return [_seen(arm, cobuy, relation) for arm in arms]


def relation_choices(control: Run) -> list[tuple[str, str]]:
    return [(code, RELATIONS[code].words or "open") for code in control.config["relations"]]


def blunt_test(arms: list[Arm]) -> Blunt | None:
    """Of the arm whose pictures are swapped, if there is one."""
    arm = next((arm for arm in arms if asks(arm)), None)
    control = next(arm.run for arm in arms if arm.is_control)
    if arm is None:
        return None
    pictured: dict[int, str] = {}
    for picture, title in Product.objects.filter(picture__isnull=False).order_by("pk").values_list("picture", "title"):
        pictured.setdefault(picture, title)
    shown = {
        product: pictured.get(picture, "")
        for product, picture in arm.run.products.filter(shown__isnull=False).values_list("product", "shown")
    }
    rows = arm.run.intentions.select_related("cobuy__a", "cobuy__b").order_by("pk")[:MOST_READ]
    told = [
        Told(
            cobuy=row.cobuy_id,
            text=row.text,
            titles=f"{row.cobuy.a.title} {row.cobuy.b.title}",
            shown=f"{shown.get(row.cobuy.a_id, '')} {shown.get(row.cobuy.b_id, '')}",
        )
        for row in rows
    ]
    units = ("cobuy", "relation", "sample")
    of_control = {tuple(unit): text for *unit, text in control.intentions.values_list(*units, "text")}
    equal = sum(of_control.get((row.cobuy_id, row.relation, row.sample)) == row.text for row in rows)
    return Blunt(arm, following(told), followed_by_people(arm), equal, len(told))


def _seen(arm: Arm, cobuy: CoBuy, relation: str) -> Seen:
    found = Intention.objects.filter(run=arm.run, cobuy=cobuy, relation=relation).select_related("verdict")
    intention = found.order_by("sample").first()
    verdict = getattr(intention, "verdict", None) if intention else None
    failure = arm.run.failures.filter(cobuy=cobuy, relation=relation).order_by("sample").values_list("detail").first()
    return Seen(
        arm=arm,
        pictures=pictures_seen(arm.run, cobuy),
        text=intention.text if intention else "",
        kept=_kept(arm, intention) if intention else None,
        p_yes=verdict.p_yes if verdict else None,
        why_not=failure[0] if failure and not intention else "",
    )


def _kept(arm: Arm, intention: Intention) -> bool | None:
    keeps = keeping(arm)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {keeps.sql} FROM distillation_intention i "  # noqa: S608 - a rule of our own
            "LEFT JOIN distillation_verdict v ON v.intention_id = i.id WHERE i.id = %(intention)s",
            {**keeps.params, "intention": intention.pk},
        )
        return cursor.fetchone()[0]


def pictures_seen(run: Run, cobuy: CoBuy) -> list[Picture | None]:
    if not run.config.get("with_images"):
        return [None, None]
    if not run_treatment(run):
        return [cobuy.a.picture, cobuy.b.picture]
    rows = RunProduct.objects.filter(run=run, product__in=(cobuy.a_id, cobuy.b_id)).select_related("shown")
    shown = {row.product_id: row.shown for row in rows}
    return [shown.get(cobuy.a_id), shown.get(cobuy.b_id)]
