"""Gold items of a preference study: a file of pairs with a known answer. All of it is taken, or none."""

import csv
from collections.abc import Iterable, Sequence

from annotation.design.population import drawable
from annotation.design.protocol import StudyRefused
from annotation.scales import Preference
from distillation.models import Run

COLUMNS = ("intention_id", "other_id", "better")
TIES = {"both good": Preference.BOTH_GOOD, "both bad": Preference.BOTH_BAD}
Pair = tuple[int, int]


def gold_pairs(lines: Iterable[str], runs: Sequence[Run]) -> dict[Pair, dict]:
    """The known answer by pair, with the first intention as the left one; in the order of the file."""
    reader = csv.DictReader(lines)
    if missing := set(COLUMNS) - set(reader.fieldnames or ()):
        raise StudyRefused(
            f"The gold file of a preference study needs the columns {', '.join(COLUMNS)}; "
            f"{', '.join(sorted(missing))} is missing"
        )
    answers: dict[Pair, dict] = {}
    for row in reader:
        pair, answer = _read(reader.line_num, {name: (row[name] or "").strip() for name in COLUMNS})
        if pair in answers:
            raise StudyRefused(
                f"The gold file names the pair {pair[0]}, {pair[1]} twice, again in line {reader.line_num}; remove one"
            )
        answers[pair] = {"preference": answer, "explanation": (row.get("explanation") or "").strip()}
    if not answers:
        raise StudyRefused("The gold file has no rows; add one for each pair with a known answer")
    _refuse_no_pairs(answers, runs)
    return answers


def _read(line: int, row: dict[str, str]) -> tuple[Pair, int]:
    first, second, better = (row[name] for name in COLUMNS)
    known = {first: Preference.LEFT, second: Preference.RIGHT, **TIES}
    if not (_is_id(first) and _is_id(second)) or first == second:
        raise StudyRefused(f"The gold file's line {line} needs the ids of two intentions, not {first!r} and {second!r}")
    if better.casefold() not in known:
        raise StudyRefused(f"The gold file's line {line} says {better!r} is better; write {', '.join(known)}")
    answer, pair = known[better.casefold()], (int(first), int(second))
    return (pair, answer) if pair[0] < pair[1] else (pair[::-1], answer.mirrored)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _refuse_no_pairs(answers: dict[Pair, dict], runs: Sequence[Run]) -> None:
    """Both of a co-buy and relation, of two of the runs."""
    ids = {pk for pair in answers for pk in pair}
    rows = drawable(runs, filtered=False).filter(pk__in=ids)
    unit = {pk: (rest, run) for pk, run, *rest in rows.values_list("pk", "run_id", "cobuy_id", "relation")}
    for first, second in answers:
        one, other = unit.get(first), unit.get(second)
        if one is None or other is None or one[0] != other[0] or one[1] == other[1]:
            raise StudyRefused(
                f"The gold file's intentions {first} and {second} are no pair: two of these runs on one co-buy and "
                "relation. No gold item was taken"
            )
