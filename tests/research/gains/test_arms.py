"""Which records each arm is taught with, and that all are taught as many."""

import json
from collections import Counter
from pathlib import Path

import pytest

from distillation.models import Run, Verdict
from knowledge.exports.selection import Selection
from knowledge.instructions.controls import Control, shuffled_texts
from knowledge.instructions.exporting import InstructionRequest, instructions_export
from research.gains.arms import DEFAULT, arms_parsed
from research.gains.equal import counted, equalled, smallest
from research.gains.refusals import GainRefused
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
N = 40


@pytest.fixture(scope="module")
def run(module_db: None) -> Run:
    """40 co-buys x (isA kept, usedFor rejected)."""
    made = finished_run(N)
    Verdict.objects.filter(yes=False).update(reason="Too dear.")
    Run.objects.update(config={**made.config, "with_images": True})
    return made


def exported(output: Path, run: Run, control: Control, **selection: object) -> dict:
    chosen = Selection.checked(run=run.name, **selection)
    made = instructions_export(InstructionRequest(selection=chosen, output=output, control=control))
    return sum((Counter(counts) for counts in made["records"]["by_split"].values()), Counter())


def test_the_arms_by_default_follow_the_method(run: Run) -> None:
    assert [arm.name for arm in arms_parsed("", run)] == ["method", *DEFAULT]
    assert [arm.name for arm in arms_parsed("none", run)] == ["method"]


def test_the_relation_that_most_is_kept_of_is_left_out_by_default(run: Run) -> None:
    Verdict.objects.filter(intention__in=run.intentions.filter(relation="usedFor")[:3]).update(yes=True, p_yes=0.9)
    last = arms_parsed("", run)[-1]  # of isA all 40 are kept, of usedFor three
    assert (last.name, last.without, last.words) == ("without-isA", "isA", "what the filter kept, without isA")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("strictness-2", "give unfiltered, random"), ("folkscope=no", "there is no run of this name"),
        ("no-pictures=r1", "that run saw pictures"), ("random=r1", "only no-pictures and folkscope"),
        ("without-x", "give unfiltered"),
    ],
)  # fmt: skip
def test_an_arm_that_cannot_be_made(run: Run, text: str, why: str) -> None:
    with pytest.raises(GainRefused, match=why):
        arms_parsed(text, run)


def test_without_the_filter_twice_as_many_are_taught(run: Run, tmp_path: Path) -> None:
    """Half of the intentions are kept; as many by chance are the control of the amount."""
    plain = Control(verdicts=False)
    method = exported(tmp_path / "m", run, plain)["generation"]
    unfiltered = exported(tmp_path / "u", run, Control(every=True, verdicts=False))["generation"]
    drawn = exported(tmp_path / "d", run, Control(every=True, verdicts=False), drawn=True)
    assert (method, unfiltered, drawn["generation"]) == (N, 2 * N, N)
    assert "verdict" not in drawn


def test_shuffled_texts_are_those_of_other_cobuys() -> None:
    rows = [
        {"id": 10 * cobuy + k, "asin_a": str(cobuy), "asin_b": "x", "relation": relation, "kept": True,
         "intention": f"{cobuy} {relation} {k}"}
        for cobuy in range(9) for relation in ("isA", "usedFor") for k in range(2)
    ]  # fmt: skip
    rows = [{**row, "id": i} for i, row in enumerate(rows)]
    told = shuffled_texts(iter(rows), seed=1)
    assert sorted(told.values()) == sorted(row["intention"] for row in rows)
    assert all(told[row["id"]].split()[1] == row["relation"] for row in rows)
    assert not any(told[row["id"]].split()[0] == row["asin_a"] for row in rows)
    assert told == shuffled_texts(iter(rows), seed=1) != shuffled_texts(iter(rows), seed=2)


def arm(place: Path, name: str, train: dict[str, int]) -> Path:
    (folder := place / name).mkdir()
    lines = [{"id": f"{task}-{i}", "task": task} for task, n in train.items() for i in range(n)]
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "validation.jsonl").touch()
    (folder / "manifest.json").write_text("{}")
    (folder / "README.md").touch()
    return folder


def test_all_are_cut_to_the_smallest_task_by_task(tmp_path: Path) -> None:
    large, small = arm(tmp_path, "a", {"generation": 9, "understanding": 4}), arm(tmp_path, "b", {"generation": 5})
    least = smallest({"a": counted(large), "b": counted(small)})
    assert least["train"] == {"generation": 5, "understanding": 0}
    equalled(large, tmp_path / "to", least, seed=0)
    equalled(large, tmp_path / "again", least, seed=0)
    assert counted(tmp_path / "to")["train"] == {"generation": 5}
    assert (tmp_path / "to/train.jsonl").read_text() == (tmp_path / "again/train.jsonl").read_text()


def test_an_arm_with_nothing_to_teach_is_named(tmp_path: Path) -> None:
    with pytest.raises(GainRefused, match="Arm b has no record"):
        smallest({"a": counted(arm(tmp_path, "a", {"generation": 1})), "b": counted(arm(tmp_path, "b", {}))})
