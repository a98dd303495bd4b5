"""Three designs that ask whether intentions predict what is bought with a product, and the texts of their arms.

Transfer: intentions of co-buys known before a date, purchases after it. One-sided: written from the product alone.
Naive: written with the partner in sight, which is what is to be predicted: it leaks, and stands here to be measured.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from research.ranking.rankers import QueryText
from research.ranking.words import alike, only_in, without, words

Ints = NDArray[np.int64]
Design = Literal["transfer", "one-sided", "naive"]
Negatives = Literal["random", "category"]
CONTROLS: dict[Design, tuple[str, ...]] = {
    "transfer": ("title", "partners", "shuffled"),
    "one-sided": ("title", "shuffled"),
    "naive": ("title",),
}
DESIGNS: tuple[Design, ...] = ("transfer", "one-sided", "naive")
WRONG = 99
FEWEST_WRONG = 9
ROUNDS = 12


class Told(NamedTuple):
    """An intention of the co-buy of products `a` and `b`, by their places; `label` is what people said of it."""

    a: int
    b: int
    relation: str
    text: str
    kept: bool
    label: str = ""

    def other(self, product: int) -> int:
        return self.b if self.a == product else self.a


class Event(NamedTuple):
    """Somebody bought `b` with `a`; customer -1: not known."""

    a: int
    b: int
    customer: int = -1


class Query(NamedTuple):
    """`candidates` has the true partner first."""

    a: int
    b: int
    customer: int
    candidates: Ints


@dataclass(frozen=True)
class Catalog:
    """Products by place; `partners` are all that are known to be bought with each, at any time."""

    titles: Sequence[str]
    categories: Sequence[str]
    partners: Sequence[set[int]]
    by_category: dict[str, Ints] = field(init=False)
    words: list[frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        places = defaultdict(list)
        for i, category in enumerate(self.categories):
            places[category].append(i)
        object.__setattr__(self, "by_category", {name: np.array(each) for name, each in places.items()})
        object.__setattr__(self, "words", [frozenset(words(title)) for title in self.titles])

    def wrong_partners(self, event: Event, negatives: Negatives, rng: np.random.Generator) -> list[int]:
        """Drawn without a known partner, without near-identical titles; each once."""
        pool = np.arange(len(self.titles)) if negatives == "random" else self.by_category[self.categories[event.b]]
        found: dict[int, None] = {}
        for _ in range(ROUNDS):
            for place in rng.choice(pool, min(2 * WRONG, len(pool)), replace=False).tolist():
                if place not in found and self.is_wrong(event, place):
                    found[place] = None
                if len(found) == WRONG:
                    return list(found)
            if len(pool) <= 2 * WRONG:
                break
        return list(found)

    def is_wrong(self, event: Event, place: int) -> bool:
        if place in (event.a, event.b) or place in self.partners[event.a]:
            return False
        mine = self.words[place]
        return not (alike(mine, self.words[event.b]) or alike(mine, self.words[event.a]))


@dataclass(frozen=True, slots=True)
class Asked:
    """The queries, and how many events are left out and why."""

    queries: list[Query]
    left_out: dict[str, int]


def queries_draw(catalog: Catalog, events: Iterable[Event], negatives: Negatives, rng: np.random.Generator) -> Asked:
    queries: list[Query] = []
    left_out: dict[str, int] = {}
    for event in events:
        wrong = catalog.wrong_partners(event, negatives, rng)
        if len(wrong) < FEWEST_WRONG:
            reason = f"fewer than {FEWEST_WRONG} wrong partners could be drawn"
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            queries.append(Query(event.a, event.b, event.customer, np.array([event.b, *wrong])))
    return Asked(queries, left_out)


Text = Callable[[Query], str | None]  # what is added to the title; None: the arm has nothing to say of this query


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    title: str
    text: Text
    note: str = ""


@dataclass(frozen=True)
class Intentions:
    """What was told, by product; a one-sided run speaks of `a` alone."""

    told: Sequence[Told]
    one_sided: bool = False
    of: dict[int, list[Told]] = field(init=False)
    by_relation: dict[str, list[Told]] = field(init=False)

    def __post_init__(self) -> None:
        of, by_relation = defaultdict(list), defaultdict(list)
        for each in self.told:
            of[each.a].append(each)
            by_relation[each.relation].append(each)
            if not self.one_sided:
                of[each.b].append(each)
        object.__setattr__(self, "of", dict(of))
        object.__setattr__(self, "by_relation", dict(by_relation))

    def chosen(self, product: int, kept: bool | None = None, relation: str = "") -> list[Told]:
        return [
            each
            for each in self.of.get(product, ())
            if (kept is None or each.kept == kept) and (not relation or each.relation == relation)
        ]

    def pair(self, a: int, b: int) -> list[Told]:
        return [each for each in self.of.get(a, ()) if each.other(a) == b]

    def stranger(self, like: Told, query: Query, rng: np.random.Generator) -> Told | None:
        """Of the same relation, kept or not alike, and of a co-buy with neither product of the query."""
        others = self.by_relation[like.relation]
        for _ in range(ROUNDS):
            each = others[int(rng.integers(len(others)))]
            if each.kept == like.kept and not {each.a, each.b} & {query.a, query.b}:
                return each
        return None


def joined(told: Iterable[Told]) -> str | None:
    return " ".join(each.text for each in told) or None


def arms_of(design: Design, catalog: Catalog, intentions: Intentions, *, filtered: bool, seed: int) -> list[Arm]:
    """The first is the baseline; the second of transfer what intentions were written from."""
    title = Arm("title", "Title of A", lambda query: "", "baseline")
    if design == "naive":
        return [title, *_naive(catalog, intentions)]
    kept = True if filtered else None
    shown = "kept intentions" if filtered else "intentions"
    main = Arm("kept" if filtered else "all", f"Title + {shown}", own_text(intentions, kept))
    shuffled = Arm(
        "shuffled", "Title + intentions of others, same relation", _shuffled(intentions, kept, seed), "control"
    )
    if design == "one-sided":
        return [title, Arm(main.name, f"{main.title} from A alone", main.text), shuffled]
    arms = [title, Arm("partners", "Title + titles of known partners", _partners(catalog, intentions, kept),
                       "what intentions were written from"), main]  # fmt: skip
    if filtered:
        arms.append(Arm("rejected", "Title + rejected intentions", own_text(intentions, False)))
        arms.append(Arm("all", "Title + all intentions", own_text(intentions, None)))
    return [*arms, shuffled]


def controls_of(design: Design) -> tuple[str, ...]:
    """All of which intentions must beat."""
    return CONTROLS[design]


def own_text(intentions: Intentions, kept: bool | None, relation: str = "") -> Text:
    return lambda query: joined(intentions.chosen(query.a, kept, relation))


def _partners(catalog: Catalog, intentions: Intentions, kept: bool | None) -> Text:
    def text(query: Query) -> str | None:
        known = dict.fromkeys(each.other(query.a) for each in intentions.chosen(query.a, kept))
        return " ".join(catalog.titles[place] for place in known) or None

    return text


def _shuffled(intentions: Intentions, kept: bool | None, seed: int) -> Text:
    """As many as the product's own, drawn for each query from the seed and its products."""

    def text(query: Query) -> str | None:
        rng = np.random.default_rng([seed, query.a, query.b])
        drawn = (intentions.stranger(each, query, rng) for each in intentions.chosen(query.a, kept))
        return joined(each for each in drawn if each)

    return text


def _naive(catalog: Catalog, intentions: Intentions) -> list[Arm]:
    def pair(query: Query) -> str | None:
        return joined(intentions.pair(query.a, query.b))

    def cut(query: Query) -> str | None:
        own, partner = catalog.titles[query.a], catalog.titles[query.b]
        told = intentions.pair(query.a, query.b)
        return " ".join(without(each.text, only_in(each.text, partner, own)) for each in told) or None

    return [
        Arm("pair", "Title + intentions of the very pair", pair, "leaky"),
        Arm("cut", "… words that only B has taken out", cut, "the leak taken out"),
    ]


def leak(catalog: Catalog, intentions: Intentions, queries: Iterable[Query], design: Design) -> tuple[int, int]:
    """(intentions that name the partner that is to be predicted, all that are used): by a word that only B has."""
    naming = used = 0
    for query in queries:
        told = intentions.pair(query.a, query.b) if design == "naive" else intentions.chosen(query.a)
        used += len(told)
        own, partner = catalog.titles[query.a], catalog.titles[query.b]
        naming += sum(bool(only_in(each.text, partner, own)) for each in told)
    return naming, used


def query_text(catalog: Catalog, arm: Arm, query: Query) -> QueryText | None:
    added = arm.text(query)
    return None if added is None else QueryText(catalog.titles[query.a], added)
