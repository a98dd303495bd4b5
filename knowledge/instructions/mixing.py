"""Which of all records are taught: by shares of tasks, evenly over relations, as many yes as no. Pure."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import NamedTuple

from common.refusals import ExportRefused
from knowledge.instructions.phrasings import PLACEHOLDERS

VERDICT = "verdict"


class Label(NamedTuple):
    """What of a record decides; `place` is its line."""

    place: int
    id: str
    split: str
    task: str
    relation: str
    answer: str  # yes or no, of a verdict


Unit = tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Mix:
    shares: Mapping[str, float] = field(default_factory=dict)  # none: as many of each as there are
    limit: int | None = None
    by_relation: bool = False
    balanced_verdicts: bool = True
    seed: int = 0

    def chosen(self, labels: Sequence[Label]) -> tuple[set[int], Counter[str]]:
        """(the lines, how many were left out and why). Which ones is by lot, in the seed."""
        left_out: Counter[str] = Counter()
        by_task: dict[str, list[Label]] = defaultdict(list)
        for label in labels:
            by_task[label.task].append(label)
        places = {label.place for task in set(by_task) - self._by_lot(by_task) for label in by_task.pop(task)}
        units = {task: self._units(task, sorted(rows, key=self._lot)) for task, rows in by_task.items()}
        for task, rows in by_task.items():
            left_out["verdict: as many yes as no are taught"] += len(rows) - _size(units[task])
        quotas = self._quotas({task: _size(of_task) for task, of_task in units.items()})
        for task, of_task in units.items():
            taken = self._taken(of_task, quotas.get(task, 0))
            left_out[f"{task}: more than mix, limit and balance have room for"] += _size(of_task) - _size(taken)
            places |= {label.place for unit in taken for label in unit}
        return places, +left_out

    def _by_lot(self, tasks: Iterable[str]) -> set[str]:
        """Those of which not all are taught."""
        if self.shares or self.limit or self.by_relation:
            return set(tasks)
        return {VERDICT} if self.balanced_verdicts else set()

    def _lot(self, label: Label) -> bytes:
        return hashlib.blake2b(f"{self.seed}\0mix\0{label.id}".encode(), digest_size=8).digest()

    def _units(self, task: str, rows: Sequence[Label]) -> list[Unit]:
        """What goes together: a yes and a no of one split, and of one relation where these are balanced."""
        if task != VERDICT or not self.balanced_verdicts:
            return [(label,) for label in rows]
        answers: dict[tuple[str, str], dict[str, list[Label]]] = defaultdict(lambda: {"yes": [], "no": []})
        for label in rows:
            answers[label.split, label.relation if self.by_relation else ""][label.answer].append(label)
        pairs = [pair for both in answers.values() for pair in zip(both["yes"], both["no"], strict=False)]
        turns = {label.place: turn for turn, label in enumerate(rows)}  # they come in the order of their lots
        return sorted(pairs, key=lambda pair: turns[pair[0].place])

    def _quotas(self, there: Mapping[str, int]) -> dict[str, int]:
        """Records of each task: as many in all as every task has for its share, and no more than the limit."""
        if not self.shares:
            total = sum(there.values())
            part = min(1.0, (self.limit or total) / max(1, total))
            return {task: floor(part * n + 1e-9) for task, n in there.items()}
        shares = {task: share for task, share in self.shares.items() if share > 0}
        if missing := [task for task in shares if not there.get(task)]:
            raise ExportRefused(f"--mix {missing[0]}: there is no record of this task; take it out of the mix")
        most = min(there[task] / share for task, share in shares.items())
        most = min(most, float(self.limit)) if self.limit else most
        return {task: floor(most * share + 1e-9) for task, share in shares.items()}

    def _taken(self, units: Sequence[Unit], quota: int) -> Sequence[Unit]:
        n = quota // max(1, len(units[0])) if units else 0
        if not self.by_relation or not units:
            return units[:n]
        groups: dict[str, list[Unit]] = defaultdict(list)
        for unit in units:
            groups[unit[0].relation].append(unit)
        if not (self.limit or self.shares):
            n = min(map(len, groups.values())) * len(groups)  # as many of each as the rarest has
        parts = evenly({relation: len(of) for relation, of in groups.items()}, n)
        return [unit for relation, of in groups.items() for unit in of[: parts[relation]]]


def _size(units: Iterable[Unit]) -> int:
    return sum(map(len, units))


def evenly(sizes: Mapping[str, int], quota: int) -> dict[str, int]:
    """Parts of the quota, as even as sizes allow: who has less gives all, the others share what is left."""
    parts: dict[str, int] = {}
    left = quota
    for i, group in enumerate(sorted(sizes, key=lambda each: sizes[each])):
        parts[group] = min(sizes[group], left // (len(sizes) - i))
        left -= parts[group]
    return parts


def mix_parsed(text: str) -> dict[str, float]:
    """Of "understanding=0.3,generation=0.7"; empty: none. Raises ExportRefused."""
    shares: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, share = part.strip().partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            shares[name] = -1
    if text and (set(shares) - set(PLACEHOLDERS) or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6):
        tasks = ", ".join(PLACEHOLDERS)
        raise ExportRefused(f"--mix {text}: give shares that add up to 1, as generation=0.6,verdict=0.4, of {tasks}")
    return shares
