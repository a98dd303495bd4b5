"""What is shown of an item, of a question and of a verdict, on whichever page."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext, gettext_noop

from annotation.models import Judgment, JudgmentRevision, Study
from annotation.scales import Preference, Question, question_translated
from common.kept import kept_sql
from distillation.catalog.pictures.urls import digest_url
from distillation.pipeline.relations import RELATIONS

LONG_WORDS, LONG_REASON = 60, 190
FLAT = 1.3  # width by height from which two pictures are larger one above the other

# Each judgment shows an item twice; written out, these cost a third of what the ORM takes to compose them, and read by
# the statement that takes the item or writes the judgment nearly nothing.
OF_ITEM = f"""
    t.text, t.relation, i.first_shown, i.second_shown,
    a.asin, a.title, pa.digest, b.asin, b.title, pb.digest,
    least(pa.width::float / pa.height, pb.width::float / pb.height) > {FLAT}
"""
ITEM = """
    annotation_item i
    JOIN distillation_intention t ON t.id = i.intention_id
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    JOIN distillation_product a ON a.id = c.a_id LEFT JOIN distillation_picture pa ON pa.id = a.picture_id
    JOIN distillation_product b ON b.id = c.b_id LEFT JOIN distillation_picture pb ON pb.id = b.picture_id
"""
_N_VERDICT = 4
OF_REVEALED = f"{kept_sql('v.p_yes', 'r.strictness', 'v.yes')}, v.p_yes, v.reason, r.backend, {OF_ITEM}"
REVEALED = f"""
    {ITEM} JOIN distillation_verdict v ON v.intention_id = i.intention_id JOIN distillation_run r ON r.id = t.run_id
"""


def beside(of: str, tables: str, item: str) -> str:
    """The same of the item of a row, for a statement that goes on with it. Planned apart: within the statement, its
    orders of joins are thousands, and to choose among them takes longer than all else."""
    return f"LATERAL (SELECT {of} FROM {tables} WHERE i.id = {item} OFFSET 0) shown"  # noqa: S608 - names of our own


def _one(of: str, tables: str, item_id: int) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {of} FROM {tables} WHERE i.id = %s", [item_id])  # noqa: S608 - names of our own
        return cursor.fetchone()


def item_shown(item_id: int, a_on_left: bool, first_left: bool | None = None, *, read: tuple | None = None) -> dict:
    """Of a pair of intentions `texts`, left and right; else the one `intention`. `read`: OF_ITEM, read already."""
    return _item(read or _one(OF_ITEM, ITEM, item_id), item_id, a_on_left, first_left)


def revealed_shown(item_id: int, a_on_left: bool, *, read: tuple | None = None) -> tuple[dict, dict]:
    """The item and its verdict; for whoever has rated it. `read`: OF_REVEALED, read already."""
    found = read or _one(OF_REVEALED, REVEALED, item_id)
    return _item(found[_N_VERDICT:], item_id, a_on_left, None), _verdict(found[:_N_VERDICT])


def verdict_shown(item_id: int) -> dict:
    return _verdict(_one(OF_REVEALED, REVEALED, item_id)[:_N_VERDICT])


def _item(found: tuple, item_id: int, a_on_left: bool, first_left: bool | None) -> dict:
    text, relation, first, second, *products, flat = found
    a, b = products[:3], products[3:]
    left, right = (a, b) if a_on_left else (b, a)
    return {
        "id": item_id,
        "left": _product(left, "A"),
        "right": _product(right, "B"),
        "relation_words": "" if relation == "open" else gettext(RELATIONS[relation].words),
        "intention": text if first_left is None else "",
        "texts": _sides(first, second, first_left),
        "flat": flat,
        "long": len(text.split()) > LONG_WORDS,
    }


def _sides(first: str, second: str, first_left: bool | None) -> dict | None:
    if first_left is None:
        return None
    return {"left": first, "right": second} if first_left else {"left": second, "right": first}


def _product(row: Sequence, letter: str) -> dict:
    asin, title, digest = row
    return {"asin": asin, "title": title, "picture_url": digest_url(digest), "letter": letter}


def questions_shown(questions: Sequence[Question], typicality_after_yes: bool) -> list[dict]:
    """Options with their keys, counted through: 1, 2 for the first question, 3 … for the second."""
    asked, key = [], 0
    for question in map(question_translated, questions):
        options = []
        for option in question.options:
            key += 1
            options.append({"value": option.value, "label": option.label, "key": str(key)})
        only_after_yes = typicality_after_yes and question.name == "typicality"
        asked.append(
            {"name": question.name, "text": question.text, "options": options, "only_after_yes": only_after_yes}
        )
    return asked


def expected_shown(study: Study, gold: dict, first_left: bool | None) -> list[dict]:
    """The known answer, of a pair with its sides as they stood."""
    if first_left is not None:
        of_first = Preference(gold["preference"])
        gold = {"preference": of_first if first_left else of_first.mirrored}
    return answers_shown(study, gold)


def answers_shown(study: Study, ratings: dict) -> list[dict]:
    given = [(question_translated(each), ratings.get(each.name)) for each in study.questions]
    return [{"label": asked.short, "value": asked.label(value)} for asked, value in given if value is not None]


def ratings_of(judgment: Judgment | JudgmentRevision) -> dict:
    return {name: getattr(judgment, name) for name in ("plausibility", "typicality", "preference")}


def _verdict(found: tuple) -> dict:
    kept, p_yes, reason, backend = found
    return {
        "kept": kept,
        "percent": "" if p_yes is None else f"{100 * p_yes:.0f}",
        "reason": reason,
        "long": len(reason) > LONG_REASON,
        "backend_note": gettext_noop("rules, no model") if backend == "baseline" else "",
    }
