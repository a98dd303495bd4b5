"""Intentions as instruction data in chat format: what is asked, how, with which wrong options, is all in the seed."""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple, TypeVar

from distillation.pipeline.relations import RELATIONS
from distillation.pipeline.text import TITLE_LENGTH, clean
from knowledge.instructions.exclusion import Excluded
from knowledge.instructions.phrasings import Phrasings, wording

SPLITS = ("train", "validation", "test")
WITH_PICTURES = "generation_with_pictures"
LETTERS = "ABCD"
IMAGES = "images_file_names"  # loaders of image folders make a column `images` of it
OTHERS_HELD = 50  # the last intentions of a relation, the last co-buys: wrong options are drawn from them
COBUYS_HELD = 128  # asked for with each of a co-buy's intentions

Row = dict[str, Any]
Asked = tuple[str, str, str]  # task, question, answer
Key = TypeVar("Key")


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


@lru_cache(maxsize=COBUYS_HELD)
def _titles(title_a: str, title_b: str) -> tuple[str, str, Pair]:
    """As a model may read them, and the pair that they are."""
    shown = clean(title_a, TITLE_LENGTH), clean(title_b, TITLE_LENGTH)
    return *shown, Pair.of(*shown)


class Placed(NamedTuple):
    """A row that is taught, by the titles that a model may read."""

    row: Row
    pair: Pair
    split: str
    drawn_by: bytes  # what of the row is in its lots


class Texts:
    """The last texts of a split's relation."""

    def __init__(self) -> None:
        self._held: deque[tuple[Pair, str]] = deque()
        self._texts: deque[str] = deque()
        self._pairs: Counter[Pair] = Counter()
        self._times: Counter[str] = Counter()

    def add(self, pair: Pair, text: str) -> None:
        if len(self._held) == OTHERS_HELD:
            _one_less(self._pairs, self._held.popleft()[0])
            _one_less(self._times, self._texts.popleft())
        self._held.append((pair, text))
        self._texts.append(text)
        self._pairs[pair] += 1
        self._times[text] += 1

    def others(self, pair: Pair, own: str) -> Sequence[str]:
        """Of other pairs and in other words, each once: nearly always those that are held, as they are."""
        if pair not in self._pairs and own not in self._times and len(self._times) == len(self._held):
            return self._texts
        return list(dict.fromkeys([text for of, text in self._held if of != pair and text != own]))


def _one_less(times: Counter[Key], key: Key) -> None:
    times[key] -= 1
    if not times[key]:
        del times[key]


class Titles:
    """The last pairs of a split. A co-buy's intentions come one after the other: the others are found once for all."""

    def __init__(self) -> None:
        self._held: deque[tuple[Pair, str, str]] = deque(maxlen=OTHERS_HELD)
        self._found: tuple[Pair | None, list[tuple[str, str]]] = (None, [])

    def add(self, pair: Pair, title_a: str, title_b: str) -> None:
        if not self._held or self._held[-1][0] != pair:
            self._held.append((pair, title_a, title_b))
            self._found = (None, [])

    def others(self, pair: Pair) -> list[tuple[str, str]]:
        if self._found[0] is not pair:
            self._found = pair, [(a, b) for of, a, b in self._held if of.first not in pair and of.second not in pair]
        return self._found[1]


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
        self._intentions: dict[tuple[str, str], Texts] = defaultdict(Texts)
        self._pairs: dict[str, Titles] = defaultdict(Titles)
        self._split = lru_cache(maxsize=COBUYS_HELD)(self._split_of)
        self._lots = Random()  # noqa: S311 - to be had again from the seed
        self._wordings = {task: tuple(map(wording, texts)) for task, texts in phrasings.by_task.items()}
        purposes = [purpose for task in phrasings.by_task for purpose in (task, f"{task} phrasing")]
        self._purposes = {purpose: f"{seed}\0{purpose}\0".encode() for purpose in purposes}

    def records(self, row: Row) -> list[Record]:
        placed = self._placed(row)
        if not isinstance(placed, Placed):
            self.left_out[placed] += 1
            return []
        records = [self._record(placed, *asked) for asked in self._asked(placed)]
        if row["kept"]:
            self._intentions[placed.split, row["relation"]].add(placed.pair, row["intention"])
            self._pairs[placed.split].add(placed.pair, row["title_a"], row["title_b"])
        return records

    def _placed(self, row: Row) -> Placed | str:
        """Or why it is left out."""
        for benchmark in self.excluded:
            if why := benchmark.why(row):
                return why
        # A title may hold what a model takes for a picture's place.
        row["title_a"], row["title_b"], pair = _titles(row["title_a"], row["title_b"])
        if self._repeated(pair, row["intention"]):
            return "the same words for the same titles"
        if not (split := self._split(pair)):
            return "its two products are in two splits"
        drawn_by = "\0".join((row["asin_a"], row["asin_b"], row["relation"], row["intention"])).encode()
        return Placed(row, pair, split, drawn_by)

    def _record(self, placed: Placed, task: str, question: str, answer: str) -> Record:
        row = placed.row
        pictures = (row["picture_a"], row["picture_b"]) if task == WITH_PICTURES else ()
        content = {"id": f"{task}-{row['id']}", "task": task, "messages": _chat(question, answer, len(pictures))}
        if pictures:
            content[IMAGES] = [f"{digest}.jpg" for digest in pictures]  # in the order of their placeholders
        return Record(placed.split, task, row["relation"], content, row["verdict"] if task == "verdict" else "")

    def _asked(self, placed: Placed) -> Iterator[Asked]:
        row = placed.row
        if row["kept"]:
            if asked := self._understanding(placed):
                yield asked
            row["phrase"] = RELATIONS[row["relation"]].phrase
            yield "generation", self._worded("generation", placed), row["intention"]
            if self.with_images and (asked := self._generation_with_pictures(placed)):
                yield asked
            if asked := self._utilisation(placed):
                yield asked
        if row["verdict"] is None:
            self.left_out["verdict: none was given"] += 1
        elif row["kept"] != (row["verdict"] == "yes"):
            self.left_out["verdict: its reason speaks against what the threshold makes of it"] += 1
        else:
            answer = f"{row['verdict'].capitalize()}. {row['reason']}".strip()
            yield "verdict", self._worded("verdict", placed), answer

    def _understanding(self, placed: Placed) -> Asked | None:
        row, pair, split, _ = placed
        others = self._intentions[split, row["relation"]].others(pair, row["intention"])
        if len(others) < len(LETTERS) - 1:
            self.left_out["understanding: too few others to choose from yet"] += 1
            return None
        lots = self._random("understanding", placed)
        row["options"], answer = _options(lots, row["intention"], lots.sample(others, len(LETTERS) - 1))
        return "understanding", self._worded("understanding", placed), answer

    def _generation_with_pictures(self, placed: Placed) -> Asked | None:
        row = placed.row
        if row["picture_a"] and row["picture_b"]:
            return WITH_PICTURES, self._worded(WITH_PICTURES, placed), row["intention"]
        self.left_out["generation_with_pictures: a picture is missing"] += 1
        return None

    def _utilisation(self, placed: Placed) -> Asked | None:
        row, others = placed.row, self._pairs[placed.split].others(placed.pair)
        if len(others) < len(LETTERS) - 1:
            self.left_out["utilisation: too few others to choose from yet"] += 1
            return None
        lots = self._random("utilisation", placed)
        row["title_given"], wanted = lots.sample((row["title_a"], row["title_b"]), 2)
        wrong = [lots.choice(titles) for titles in lots.sample(others, len(LETTERS) - 1)]
        if len({*wrong, wanted}) < len(LETTERS):
            self.left_out["utilisation: two options would be the same"] += 1
            return None
        row["options"], answer = _options(lots, wanted, wrong)
        return "utilisation", self._worded("utilisation", placed), answer

    def _worded(self, task: str, placed: Placed) -> str:
        """With what the row holds, to which each task adds its own."""
        wordings = self._wordings[task]
        return wordings[self._key(f"{task} phrasing", placed) % len(wordings)](placed.row)

    def _repeated(self, pair: Pair, text: str) -> bool:
        """Held as 8 bytes each: a run of millions then needs a tenth of the memory of its texts."""
        key = _number(*pair, text)
        repeated = key in self._seen
        self._seen.add(key)
        return repeated

    def _split_of(self, pair: Pair) -> str:
        """By product: that of both; empty where they differ."""
        if not self.by_product:
            return self._place(*pair)
        first, second = (self._place(title) for title in pair)
        return first if first == second else ""

    def _place(self, *titles: str) -> str:
        place = (_number(str(self.seed), "split", *titles) >> 11) / 2**53
        train, validation, _ = self.shares
        return SPLITS[(place >= train) + (place >= train + validation)]

    def _random(self, purpose: str, placed: Placed) -> Random:
        """The one that there is, which begins anew: another for each lot would be seeded twice."""
        self._lots.seed(self._key(purpose, placed))
        return self._lots

    def _key(self, purpose: str, placed: Placed) -> int:
        return _hashed(self._purposes[purpose] + placed.drawn_by)


def _chat(question: str, answer: str, n_pictures: int) -> list[dict[str, Any]]:
    """With pictures in parts, a placeholder each; text alone as text, which is all that text models read."""
    if not n_pictures:
        return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    asked = [*({"type": "image"} for _ in range(n_pictures)), {"type": "text", "text": question}]
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": [{"type": "text", "text": answer}]}]


def _options(lots: Random, right: str, wrong: list[str]) -> tuple[str, str]:
    """(the options, the answer)"""
    shuffled = lots.sample([right, *wrong], len(LETTERS))
    lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, shuffled, strict=True)]
    return "\n".join(lines), lines[shuffled.index(right)]


def _number(*parts: str) -> int:
    return _hashed("\0".join(parts).encode())


def _hashed(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())
