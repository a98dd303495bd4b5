"""Gold items: a file of known answers, matched with the intentions of a study's runs. All of it is taken, or none."""

import csv
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from annotation.design.items import items_add
from annotation.design.population import drawable
from annotation.design.protocol import StudyRefused
from annotation.models import Item, Study
from annotation.scales import Question
from distillation.models import Run

BY_ID, BY_PAIR = ("intention_id",), ("asin_a", "asin_b", "relation")
NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class GoldRow:
    line: int
    key: tuple[str, ...]  # an intention's id, or two ASINs in order and a relation
    plausibility: str
    typicality: str
    explanation: str

    @property
    def words(self) -> str:
        return f"line {self.line} ({' '.join(self.key)})"


def gold_read(lines: Iterable[str]) -> list[GoldRow]:
    reader = csv.DictReader(lines)
    columns = set(reader.fieldnames or ())
    named_by = next((names for names in (BY_ID, BY_PAIR) if columns.issuperset(names)), None)
    if named_by is None or "plausibility" not in columns:
        raise StudyRefused(
            "The gold file needs the columns intention_id (or asin_a, asin_b, relation) and plausibility; "
            f"it has {', '.join(sorted(columns)) or 'none'}",
            field="gold",
        )
    try:
        rows = [_row(reader.line_num, row, named_by) for row in reader]
    except csv.Error as error:
        raise StudyRefused(
            f"The gold file can't be read as CSV (line {reader.line_num}: {error})", field="gold"
        ) from error
    if not rows:
        raise StudyRefused("The gold file has no rows; add one for each item with a known answer", field="gold")
    return rows


def gold_answers(rows: Sequence[GoldRow], runs: Sequence[Run], questions: Sequence[Question]) -> dict[int, dict]:
    """The known answer by intention, in the order of the file."""
    found = _found(rows, runs)
    if unknown := [row for row in rows if len(found.get(row.key, ())) != 1]:
        raise StudyRefused(
            f"The gold file names {_unknown(unknown, found, runs)}. No gold item was taken", field="gold"
        )
    answers: dict[int, dict] = {}
    for row in rows:
        intention = found[row.key][0]
        if intention in answers:
            raise StudyRefused(
                f"The gold file names the same intention twice, again in {row.words}; remove one", field="gold"
            )
        answers[intention] = _answer(row, questions)
    return answers


def gold_add(study: Study, answers: dict[int, dict]) -> None:
    """Gold items have no quota: everybody may see each of them, and no figure counts them."""
    items_add(
        study,
        [
            Item(intention_id=intention, stratum="gold", inclusion_probability=1, order_key=place, gold=answer)
            for place, (intention, answer) in enumerate(answers.items())
        ],
    )


def _row(line: int, row: dict[str, str | None], named_by: tuple[str, ...]) -> GoldRow:
    value = {name: (text or "").strip() for name, text in row.items() if isinstance(name, str)}
    key = tuple(value[name] for name in named_by)
    if named_by == BY_PAIR:
        key = (*sorted(key[:2]), key[2])
    return GoldRow(line, key, value["plausibility"], value.get("typicality", ""), value.get("explanation", ""))


def _found(rows: Sequence[GoldRow], runs: Sequence[Run]) -> dict[tuple[str, ...], list[int]]:
    """The intentions that each row could mean."""
    if len(rows[0].key) == 1:
        ids = {row.key[0] for row in rows if row.key[0].isascii() and row.key[0].isdigit() and len(row.key[0]) < 19}
        return {(str(pk),): [pk] for pk in drawable(runs).filter(pk__in=ids).values_list("pk", flat=True)}
    asins = {asin for row in rows for asin in row.key[:2]}
    found: dict[tuple[str, ...], list[int]] = {}
    candidates = drawable(runs).filter(Q(cobuy__a__asin__in=asins) & Q(cobuy__b__asin__in=asins))
    for pk, a, b, relation in candidates.values_list("pk", "cobuy__a__asin", "cobuy__b__asin", "relation"):
        found.setdefault((*sorted((a, b)), relation), []).append(pk)
    return found


def _unknown(rows: Sequence[GoldRow], found: Collection, runs: Sequence[Run]) -> str:
    shown = ", ".join(row.words for row in rows[:NAMED_AT_MOST])
    more = f" and {len(rows) - NAMED_AT_MOST:,} more" if len(rows) > NAMED_AT_MOST else ""
    where = ", ".join(run.name for run in runs)
    if all(row.key in found for row in rows):
        return f"items of which {where} has more than one: {shown}{more}; name them by intention_id"
    return f"items that are not among the intentions of {where} that have a verdict: {shown}{more}; mend these lines"


def _answer(row: GoldRow, questions: Sequence[Question]) -> dict:
    plausible, typical = questions
    plausibility = _value(row, plausible, row.plausibility)
    typicality = _value(row, typical, row.typicality) if row.typicality else None
    return {"plausibility": plausibility, "typicality": typicality, "explanation": row.explanation}


def _value(row: GoldRow, question: Question, text: str) -> int:
    for option in question.options:
        if text.casefold() in (str(option.value), option.label.casefold()):
            return option.value
    known = ", ".join(f"{option.value} ({option.label})" for option in question.options)
    raise StudyRefused(f"The gold file's {row.words} has {question.name} {text!r}; the scale has {known}", field="gold")
