"""The same co-buy and relation in all arms, with the pictures as each arm saw them; and the blunt test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from annotation.models import Study
from distillation.lvlm.baseline.titles import COLOURS, MATERIALS
from distillation.models import CoBuy, Intention, Picture, Product, Run, RunProduct
from distillation.pipeline.relations import RELATIONS
from distillation.runs.pictures import left_out_cobuys, run_treatment
from research.experiments.blunt.asking import asks, followed_by_people
from research.experiments.blunt.following import Follows, Told, following
from research.experiments.keeping import keeping
from research.experiments.pairs import shares_of
from research.models import Arm
from stats.estimate import Estimate
from stats.packing import unpack

MOST_READ = 5_000
EQUAL = """
    SELECT count(*) FILTER (WHERE a.text = b.text), count(*) FROM distillation_intention a
    LEFT JOIN distillation_intention b
      ON b.run_id = %(b)s AND (b.cobuy_id, b.relation, b.sample) = (a.cobuy_id, a.relation, a.sample)
    WHERE a.run_id = %(a)s
"""
JUDGED = """
    SELECT i.cobuy_id, t.plausibility_tally FROM annotation_item t
    JOIN distillation_intention i ON i.id = t.intention_id
    WHERE t.study_id = %(study)s AND t.run_id = ANY(%(runs)s) AND i.relation = %(relation)s AND i.sample = 0
      AND t.gold IS NULL AND t.n_judged > 0
"""
LOOKS = re.compile(rf"\b({'|'.join(map(re.escape, (*COLOURS, *MATERIALS)))})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """An arm's answer for a co-buy and relation; `pictures` are those that the model saw, None where none was."""

    arm: Arm
    pictures: list[Picture | None]
    text: str
    kept: bool | None
    p_yes: float | None
    why_not: str
    votes: list[tuple[str, int, int]]

    @property
    def marked(self) -> list[tuple[str, bool]]:
        """The text in pieces, with whether one is a word of colour or material."""
        pieces = LOOKS.split(self.text)
        return [(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece]


@dataclass(frozen=True, slots=True)
class Blunt:
    """Swapped against the control: what the intentions follow, and how many are the control's to the letter."""

    arm: Arm
    shares: dict[Follows, Estimate]
    people: dict[Follows, Estimate]
    equal: int
    n: int


SHOW = {"": "all", "differ": "where people differ most between arms", "left-out": "left out of an arm"}


def cobuy_ids(arms: list[Arm], show: str, relation: str, study: Study | None) -> list[int]:
    """Of the control, in the order in which they are read."""
    if show == "differ":
        return _most_different(arms, relation, study) if study else []
    if show == "left-out":
        return sorted(set().union(*(left_out_cobuys(arm.run) for arm in arms if not arm.reading)))
    control = next(arm.run for arm in arms if arm.is_control)
    return list(control.cobuys.order_by("cobuy").values_list("cobuy", flat=True))


def _most_different(arms: list[Arm], relation: str, study: Study) -> list[int]:
    """Judged in two arms or more; first where the shares of people who say yes lie furthest apart."""
    params: dict[str, Any] = {"study": study.pk, "runs": [arm.run_id for arm in arms], "relation": relation}
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, params)
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    shares: dict[int, list[float]] = {}
    for cobuy, share in zip(rows[:, 0].tolist(), shares_of(study.questions[0], rows[:, 1]).tolist(), strict=True):
        shares.setdefault(cobuy, []).append(share)
    apart = {cobuy: max(found) - min(found) for cobuy, found in shares.items() if len(found) > 1}
    return sorted(apart, key=lambda cobuy: (-apart[cobuy], cobuy))


def side_by_side(arms: list[Arm], cobuy: CoBuy, relation: str, study: Study | None) -> list[Seen]:
    return [_seen(arm, cobuy, relation, study) for arm in arms]


def relation_choices(control: Run) -> list[tuple[str, str]]:
    return [(code, RELATIONS[code].words) for code in control.config["relations"]]


def blunt_test(arms: list[Arm], *, by_words: bool = True) -> Blunt | None:
    """Of the arm whose pictures are swapped, if there is one; by words takes reading its texts."""
    arm = next((arm for arm in arms if asks(arm)), None)
    control = next(arm for arm in arms if arm.is_control)
    if arm is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(EQUAL, {"a": arm.run_id, "b": control.run_id})
        equal, n = cursor.fetchone()
    shares = following(_told(arm)) if by_words else {}
    return Blunt(arm, shares, followed_by_people(arm), equal, n)


def _told(arm: Arm) -> Iterator[Told]:
    pictured: dict[int, str] = {}
    for picture, title in Product.objects.filter(picture__isnull=False).order_by("pk").values_list("picture", "title"):
        pictured.setdefault(picture, title)
    shown = {
        product: pictured.get(picture, "")
        for product, picture in arm.run.products.filter(shown__isnull=False).values_list("product", "shown")
    }
    for row in arm.run.intentions.select_related("cobuy__a", "cobuy__b").order_by("pk")[:MOST_READ]:
        yield Told(
            cobuy=row.cobuy_id,
            text=row.text,
            titles=f"{row.cobuy.a.title} {row.cobuy.b.title}",
            shown=f"{shown.get(row.cobuy.a_id, '')} {shown.get(row.cobuy.b_id, '')}",
        )


def _seen(arm: Arm, cobuy: CoBuy, relation: str, study: Study | None) -> Seen:
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
        votes=_votes(intention, study) if intention and study else [],
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


def _votes(intention: Intention, study: Study) -> list[tuple[str, int, int]]:
    """(figure, how many say yes, of how many) where people have judged it."""
    item = study.items.filter(intention=intention, gold=None, n_judged__gt=0).first()
    if item is None:
        return []
    told = []
    for question, tally in zip(study.questions, (item.plausibility_tally, item.typicality_tally), strict=True):
        counts = unpack(np.array([tally], dtype=np.int64), len(question.options))[0]
        told.append((question.short, int(counts @ question.says_yes), int(counts.sum())))
    return told


def pictures_seen(run: Run, cobuy: CoBuy) -> list[Picture | None]:
    if not run.config.get("with_images"):
        return [None, None]
    if not run_treatment(run):
        return [cobuy.a.picture, cobuy.b.picture]
    rows = RunProduct.objects.filter(run=run, product__in=(cobuy.a_id, cobuy.b_id)).select_related("shown")
    shown = {row.product_id: row.shown for row in rows}
    return [shown.get(cobuy.a_id), shown.get(cobuy.b_id)]
