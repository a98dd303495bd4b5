from pathlib import Path

import pytest

from research.questions.bands import official_band, official_scores, similarities
from research.questions.plain import plain_benchmark
from research.questions.records import BenchmarkRefused


def test_json_lines_with_a_list_of_options(tmp_path: Path):
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "2 + 2?", "options": ["3", "4"], "gold": "B", "cluster": "sums"}\n')
    (read,) = plain_benchmark(path, "sums").questions
    assert (read.stem, dict(read.options), read.gold, read.cluster) == ("2 + 2?\n", {"A": "3", "B": "4"}, "B", "sums")


def test_a_csv_with_a_column_for_each_option(tmp_path: Path):
    path = tmp_path / "q.csv"
    path.write_text("id,question,A,B,C,gold\nq1,Why?,x,y,,A\n")
    (read,) = plain_benchmark(path, "why").questions
    assert (read.key, dict(read.options), read.scored) == ("q1", {"A": "x", "B": "y"}, True)


WRONG = {
    "one option": ('{"question": "q", "options": ["x"], "gold": "A"}', "line 1: one option is no choice"),
    "gold outside": ('{"question": "q", "options": ["x", "y"], "gold": "C"}', "gold 'C' is not among"),
    "no options": ('{"question": "q", "gold": "C"}', "options is missing"),
    "no JSON": ("question", "line 1: no JSON"),
    "no question": ("", "holds no question"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str, tmp_path: Path):
    path = tmp_path / "q.jsonl"
    path.write_text(WRONG[name][0])
    with pytest.raises(BenchmarkRefused) as refused:
        plain_benchmark(path, "q")
    assert WRONG[name][1] in str(refused.value)


def test_titles_alike_by_hand():
    # "red" is in all three titles: log(3/3) = 0. "hat" in two: equal titles 1, no other word in common 0.
    assert similarities([("red hat", "red hat"), ("red hat", "red scarf")]) == pytest.approx([1, 0])


def test_official_bands_are_those_of_the_paper(tmp_path: Path):
    path = tmp_path / "scores.csv"
    path.write_text("id,score\nFS_1,0.59\nFS_2,0.6\nFS_3,0.85\n")
    bands = [official_band(score) for score in official_scores(path).values()]
    assert bands == ["official hard", "official medium", "official easy"]


def test_a_score_that_is_none(tmp_path: Path):
    path = tmp_path / "scores.csv"
    path.write_text("id,score\nFS_1,high\n")
    with pytest.raises(BenchmarkRefused, match="line 2: the score 'high' is no number"):
        official_scores(path)
