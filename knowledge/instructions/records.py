"""Intentions as instruction data in chat format: what is asked, how, with which wrong options, is all in the seed."""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from distillation.pipeline.relations import RELATIONS
from distillation.pipeline.text import TITLE_LENGTH, clean
from knowledge.instructions.exclusion import Excluded
from knowledge.instructions.phrasings import Phrasings

SPLITS = ("train", "validation", "test")
WITH_PICTURES = "generation_with_pictures"
LETTERS = "ABCD"
IMAGES = "images_file_names"  # loaders of image folders make a column `images` of it
OTHERS_HELD = 50  # the last intentions of a relation, the last co-buys: wrong options are drawn from them

Row = dict[str, Any]


class Record(NamedTuple):
    split: str
    task: str
    relation: str
    content: dict[str, Any]
    answer: str = ""  # yes or no, of a verdict


class Pair(NamedTuple):
    """The titles without upper and lower case: products that cannot be told apart by them are one."""

    first: str
    second: str

    @classmethod
    def of(cls, *titles: str) -> "Pair":
        return cls(*sorted(" ".join(title.casefold().split()) for title in titles))


@lru_cache(maxsize=128)  # asked for with each of a co-buy's intentions
def _titles(title_a: str, title_b: str) -> tuple[str, str, Pair]:
    """As a model may read them, and the pair that they are."""
    shown = clean(title_a, TITLE_LENGTH), clean(title_b, TITLE_LENGTH)
    return *shown, Pair.of(*shown)


class Composer:
    """Takes the rows of a run in their order. Wrong options come from other co-buys of the same split alone."""

    def __init__(
        self,
        *,
        phrasings: Phrasings,
        seed: int,
        shares: tuple[float, float, float],
        with_images: bool,
        excluded: Sequence[Excluded] = (),
        by_product: bool = False,
    ) -> None:
        self.phrasings = phrasings
        self.seed = seed
        self.shares = shares
        self.with_images = with_images
        self.excluded = excluded
        self.by_product = by_product
        self.left_out: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._intentions: dict[tuple[str, str], deque[tuple[Pair, str]]] = defaultdict(
            lambda: deque(maxlen=OTHERS_HELD)
        )
        self._pairs: dict[str, deque[tuple[Pair, str, str]]] = defaultdict(lambda: deque(maxlen=OTHERS_HELD))

    def records(self, row: Row) -> Iterator[Record]:
        for benchmark in self.excluded:
            if why := benchmark.why(row):
                self.left_out[why] += 1
                return
        # A title may hold what a model takes for a picture's place.
        title_a, title_b, pair = _titles(row["title_a"], row["title_b"])
        row = {**row, "title_a": title_a, "title_b": title_b}
        if self._repeated(pair, row["intention"]):
            self.left_out["the same words for the same titles"] += 1
            return
        split = self._split(pair)
        if not split:
            self.left_out["its two products are in two splits"] += 1
            return
        for task, question, answer in self._asked(row, pair, split):
            pictures = (row["picture_a"], row["picture_b"]) if task == WITH_PICTURES else ()
            content = {"id": f"{task}-{row['id']}", "task": task, "messages": _chat(question, answer, len(pictures))}
            if pictures:
                content[IMAGES] = [f"{digest}.jpg" for digest in pictures]  # in the order of their placeholders
            yield Record(split, task, row["relation"], content, row["verdict"] if task == "verdict" else "")
        if row["kept"]:
            self._intentions[split, row["relation"]].append((pair, row["intention"]))
            if not self._pairs[split] or self._pairs[split][-1][0] != pair:
                self._pairs[split].append((pair, row["title_a"], row["title_b"]))

    def _asked(self, row: Row, pair: Pair, split: str) -> Iterator[tuple[str, str, str]]:
        if row["kept"]:
            yield from self._understanding(row, pair, split)
            yield from self._generation(row)
            yield from self._utilisation(row, pair, split)
        if row["verdict"] is None:
            self.left_out["verdict: none was given"] += 1
        elif row["kept"] != (row["verdict"] == "yes"):
            self.left_out["verdict: its reason speaks against what the threshold makes of it"] += 1
        else:
            answer = f"{row['verdict'].capitalize()}. {row['reason']}".strip()
            yield "verdict", self._worded("verdict", row, **_given(row)), answer

    def _understanding(self, row: Row, pair: Pair, split: str) -> Iterator[tuple[str, str, str]]:
        random, held = self._random("understanding", row), self._intentions[split, row["relation"]]
        own = row["intention"]
        others = list(dict.fromkeys([text for of, text in held if of != pair and text != own]))
        if len(others) < len(LETTERS) - 1:
            self.left_out["understanding: too few others to choose from yet"] += 1
            return
        options, answer = _options(random, row["intention"], random.sample(others, len(LETTERS) - 1))
        yield "understanding", self._worded("understanding", row, **_given(row), options=options), answer

    def _generation(self, row: Row) -> Iterator[tuple[str, str, str]]:
        given = {**_given(row), "phrase": RELATIONS[row["relation"]].phrase}
        yield "generation", self._worded("generation", row, **given), row["intention"]
        if not self.with_images:
            return
        if row["picture_a"] and row["picture_b"]:
            yield WITH_PICTURES, self._worded(WITH_PICTURES, row, **given), row["intention"]
        else:
            self.left_out["generation_with_pictures: a picture is missing"] += 1

    def _utilisation(self, row: Row, pair: Pair, split: str) -> Iterator[tuple[str, str, str]]:
        random = self._random("utilisation", row)
        others = [(a, b) for of, a, b in self._pairs[split] if of.first not in pair and of.second not in pair]
        if len(others) < len(LETTERS) - 1:
            self.left_out["utilisation: too few others to choose from yet"] += 1
            return
        given, wanted = random.sample([row["title_a"], row["title_b"]], 2)
        wrong = [random.choice(titles) for titles in random.sample(others, len(LETTERS) - 1)]
        if len({*wrong, wanted}) < len(LETTERS):
            self.left_out["utilisation: two options would be the same"] += 1
            return
        options, answer = _options(random, wanted, wrong)
        asked = {"title_given": given, "intention": row["intention"], "options": options}
        yield "utilisation", self._worded("utilisation", row, **asked), answer

    def _worded(self, task: str, row: Row, **given: str) -> str:
        phrasings = self.phrasings.by_task[task]
        return phrasings[self._key(f"{task} phrasing", row) % len(phrasings)].format(**given)

    def _repeated(self, pair: Pair, text: str) -> bool:
        """Held as 8 bytes each: a run of millions then needs a tenth of the memory of its texts."""
        key = _number(*pair, text)
        repeated = key in self._seen
        self._seen.add(key)
        return repeated

    def _split(self, pair: Pair) -> str:
        """By product: that of both; empty where they differ."""
        if not self.by_product:
            return self._placed(*pair)
        first, second = (self._placed(title) for title in pair)
        return first if first == second else ""

    def _placed(self, *titles: str) -> str:
        place = (_number(str(self.seed), "split", *titles) >> 11) / 2**53
        train, validation, _ = self.shares
        return SPLITS[(place >= train) + (place >= train + validation)]

    def _random(self, purpose: str, row: Row) -> Random:
        return Random(self._key(purpose, row))  # noqa: S311 - to be had again from the seed

    def _key(self, purpose: str, row: Row) -> int:
        return _number(str(self.seed), purpose, row["asin_a"], row["asin_b"], row["relation"], row["intention"])


def _chat(question: str, answer: str, n_pictures: int) -> list[dict[str, Any]]:
    """With pictures in parts, a placeholder each; text alone as text, which is all that text models read."""
    if not n_pictures:
        return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    asked = [*({"type": "image"} for _ in range(n_pictures)), {"type": "text", "text": question}]
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": [{"type": "text", "text": answer}]}]


def _given(row: Row) -> dict[str, str]:
    return {name: row[name] for name in ("title_a", "title_b", "intention")}


def _options(random: Random, right: str, wrong: list[str]) -> tuple[str, str]:
    """(the options, the answer)"""
    shuffled = random.sample([right, *wrong], len(LETTERS))
    lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, shuffled, strict=True)]
    return "\n".join(lines), lines[shuffled.index(right)]


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest())
