"""Small worlds of purchases with a known answer: no effect, a real one, or a leak alone.

Products have a kind of their own and a hidden need; who buys one buys another of the same need. Titles name the kind
and, of some, the need. Effect: an intention names the need. None: it says what the two titles say, need and all, so
that it is worth as much as the titles it was written from. Leak: people buy anything, and it names both products.
"""

import numpy as np

from research.ranking.designs import Catalog, Design, Event, Intentions, Query, Told, queries_draw
from research.ranking.results import Trial, queries_of_use

NEEDS, PRODUCTS = 12, 240


def world(kind: str, seed: int, *, design: Design = "transfer", events: int = 150) -> Trial:
    rng = np.random.default_rng(seed)
    need = rng.integers(0, NEEDS, PRODUCTS)
    titled = rng.random(PRODUCTS) < 0.4
    titles = [f"kind{i} brand{i % 9} {f'need{need[i]}' if titled[i] else 'plain'}" for i in range(PRODUCTS)]
    driven = kind != "leak"  # by needs; else anybody buys anything
    before = [_pair(rng, need, driven) for _ in range(PRODUCTS)]
    after = [_pair(rng, need, driven) for _ in range(events)]
    partners = [set() for _ in range(PRODUCTS)]
    for a, b in before + after:
        partners[a].add(b)
        partners[b].add(a)
    told = [_told(rng, kind, need, pair, titles) for pair in (before if design == "transfer" else after)]
    catalog, known = Catalog(titles, ["all"] * PRODUCTS, partners), {frozenset(pair) for pair in before}
    new = [Event(a, b, int(rng.integers(events))) for a, b in after if frozenset((a, b)) not in known]
    queries: list[Query] = queries_draw(catalog, new, "random", rng).queries
    intentions = Intentions(told)
    use, _ = queries_of_use(design, intentions, queries, filtered=False)
    return Trial(design, catalog, intentions, use, filtered=False, seed=seed)


def _pair(rng: np.random.Generator, need: np.ndarray, driven: bool) -> tuple[int, int]:
    a = int(rng.integers(PRODUCTS))
    pool = np.flatnonzero(need == need[a]) if driven else np.arange(PRODUCTS)
    pool = pool[pool != a]
    return a, int(rng.choice(pool if len(pool) else np.delete(np.arange(PRODUCTS), a)))


def _told(rng: np.random.Generator, kind: str, need: np.ndarray, pair: tuple[int, int], titles: list[str]) -> Told:
    a, b = pair
    why = {"effect": f"need{need[a]}", "none": f"{titles[a]} {titles[b]}", "leak": f"chatter{rng.integers(40)}"}[kind]
    return Told(a, b, "usedFor", f"They need a kind{a} and a kind{b} for {why}", True)
