import json
from collections import Counter
from pathlib import Path

import pytest

from research.questions.intentionqa import FILES, intentionqa, pair_of, utilisation_stem
from research.questions.records import BenchmarkRefused
from tests.research.questions.builders import SHARED, row, written

BOTH = ("understanding", "utilisation")
real = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/intentionqa is not here")


def test_questions_of_both_tasks(tmp_path: Path):
    read = intentionqa(written(tmp_path / "iqa", [row(0), row(1)]), BOTH)
    first = read.questions[0]
    assert (first.task, first.key, first.gold, first.cluster) == ("understanding", "FS_0", "A", "A000000000 B000000000")
    assert first.stem == "A customer buys Hat 0 red and Scarf 0. What is the most likely intention for buying them?\n"
    assert read.questions[2].stem == (
        "A customer buys Hat 0 red, because reason 0.\nWhat is the customer's most probable additional purchase?\n"
    )


def test_the_reason_as_the_official_code_cuts_it():
    # No "because": from "as a result, " on; neither: index -1 is the last character.
    ending = "What is the customer's most probable additional purchase?\n"
    assert utilisation_stem("Hat", "X bought it, as a result, he is warm") == (
        f"A customer buys Hat, as a result, he is warm.\n{ending}"
    )
    assert utilisation_stem("Hat", "X wants it") == f"A customer buys Hat, t.\n{ending}"


def test_ids_of_digits_get_their_zeros_back():
    assert pair_of("B00000J1U8", "594481813") == pair_of("0594481813", "B00000J1U8") == "0594481813 B00000J1U8"


def test_three_options_are_not_scored(tmp_path: Path):
    few = row(1, options={"A": "x", "B": "y", "C": "z"}, gold_ind="A")
    folder = written(tmp_path / "iqa", [row(0), few], FILES["understanding"])
    assert [each.scored for each in intentionqa(folder, BOTH[:1]).questions] == [True, False]


def test_relations_come_from_the_third_file(tmp_path: Path):
    folder = written(tmp_path / "iqa", [row(0), row(1)], FILES["understanding"])
    written(folder, [row(1, relation="usedFor")], FILES["by-relation"])
    assert [each.relation for each in intentionqa(folder, BOTH[:1]).questions] == ["", "usedFor", "usedFor"]


BROKEN = {
    "options of none": ([row(0, options={})], "line 1: options must be texts under A, B"),
    "gold outside": ([row(0), row(1, gold_ind="E")], "line 2: gold 'E' is not among the options A, B, C, D"),
    "an id twice": ([row(0), row(0)], "the id FS_0 is there twice"),
    "nothing": ([], "is empty"),
    "a field missing": ([{"id": "FS_1"}], "line 1: item_a_id, item_b_id"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_in_a_line(name: str, tmp_path: Path):
    rows, words = BROKEN[name]
    with pytest.raises(BenchmarkRefused) as refused:
        intentionqa(written(tmp_path / "iqa", rows), BOTH)
    assert words in str(refused.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path):
    folder = written(tmp_path / "iqa", [row(0)], FILES["understanding"])
    with pytest.raises(BenchmarkRefused, match=r"holds no QA_fullInfo_task2\.jsonl"):
        intentionqa(folder, BOTH)


@real
def test_what_the_real_files_hold():
    """Counted apart: of 1,400, 1,400 and 1,329 rows so many have four options or more."""
    read = intentionqa(SHARED, BOTH)
    scored = Counter(each.task for each in read.questions if each.scored)
    assert scored == {"understanding": 1_356, "utilisation": 1_294, "by-relation": 1_188}
    clusters = {each.cluster for each in read.questions if each.scored and each.task == "understanding"}
    assert len(clusters) == 819


@real
def test_bands_are_fifths_of_the_scored_questions():
    read = [each for each in intentionqa(SHARED, BOTH).questions if each.scored and each.task == BOTH[0]]
    sizes = Counter(each.band for each in read)
    assert all(abs(n - 1_356 / 5) < 10 for n in sizes.values()), sizes


@real
def test_the_published_titles_keep_their_entities():
    rows = [json.loads(line) for line in (SHARED / FILES["understanding"]).read_text().splitlines()]
    with_entities = sum("&amp;" in each["item_a_name"] for each in rows)
    read = [each for each in intentionqa(SHARED, BOTH).questions if each.task == BOTH[0]]
    kept = sum("&amp;" in each.titles[0] for each in read)
    assert (kept, kept > 50) == (with_entities, True)
