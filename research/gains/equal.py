"""Folders of instruction data cut to as many records of each split and task as the smallest has. Standard library."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from common.drafts import folder_draft, manifest_write, sha256
from research.gains.refusals import GainRefused

SPLITS = ("train", "validation")
Counts = dict[str, dict[str, int]]  # by split and task


def counted(folder: Path) -> Counts:
    return {split: Counter(task for _, task, _ in _lines(folder / f"{split}.jsonl")) for split in SPLITS}


def smallest(counts: Mapping[str, Counts]) -> Counts:
    """Of all arms. Raises GainRefused where one has nothing to train on."""
    for arm, of_arm in counts.items():
        if not sum(of_arm["train"].values()):
            raise GainRefused(f"Arm {arm} has no record to train on: leave it out of --arms")
    tasks = sorted({task for of_arm in counts.values() for task in of_arm["train"]})
    least = {
        split: {task: min(of_arm[split].get(task, 0) for of_arm in counts.values()) for task in tasks}
        for split in SPLITS
    }
    if not sum(least["train"].values()):
        raise GainRefused("The arms have no task in common to train on: give other --arms")
    return least


def equalled(source: Path, target: Path, least: Counts, seed: int) -> None:
    """Which records stay is by lot, in the seed and the record's id."""
    with folder_draft(target) as draft:
        files = []
        for split in SPLITS:
            n = _cut(source / f"{split}.jsonl", draft / f"{split}.jsonl", least[split], seed)
            path = draft / f"{split}.jsonl"
            files.append({"name": path.name, "rows": n, "bytes": path.stat().st_size, "sha256": sha256(path)})
        made = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        manifest_write(draft / "manifest.json", {**made, "files": files, "equalled_to": least})
        shutil.copyfile(source / "README.md", draft / "README.md")


def _cut(source: Path, target: Path, least: Mapping[str, int], seed: int) -> int:
    lots: dict[str, list[tuple[bytes, int]]] = {task: [] for task in least}
    for place, task, id_ in _lines(source):
        if task in lots:
            lots[task].append((hashlib.blake2b(f"{seed} {id_}".encode(), digest_size=8).digest(), place))
    chosen = {place for task, drawn in lots.items() for _, place in sorted(drawn)[: least[task]]}
    with source.open("rb") as read, target.open("wb") as write:
        write.writelines(line for place, line in enumerate(read) if place in chosen)
    return len(chosen)


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """(place, task, id)"""
    with path.open("rb") as file:
        for place, line in enumerate(file):
            record = json.loads(line)
            yield place, record["task"], record["id"]
