"""Drawing a stratified sample, seeded. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Drawn:
    id: int
    stratum: str
    inclusion_probability: float


def allocate_equal(sizes: dict[str, int], n: int) -> dict[str, int]:
    """Equal shares of `n`; what a small stratum can't give goes to the others. Sizes sum to at least `n`."""
    shares = dict.fromkeys(sizes, 0)
    left = n
    while left:
        open_strata = [name for name in sorted(sizes) if shares[name] < sizes[name]]
        each, over = divmod(left, len(open_strata))
        for i, name in enumerate(open_strata):
            give = min(each + (i < over), sizes[name] - shares[name])
            shares[name] += give
            left -= give
    return shares


def allocate_proportional(sizes: dict[str, int], n: int) -> dict[str, int]:
    """Shares of `n` in proportion to size, by largest remainders; where `n` allows, one at least of each stratum.

    Sizes sum to at least `n`. The one at least keeps small strata in what the figures speak of.
    """
    first = {name: int(n >= len(sizes)) for name in sizes}
    n, sizes = n - sum(first.values()), {name: size - first[name] for name, size in sizes.items()}
    total = max(1, sum(sizes.values()))
    shares = {name: n * size // total for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(n * sizes[name] % total), name))
    for name in by_remainder[: n - sum(shares.values())]:
        shares[name] += 1
    return {name: first[name] + shares[name] for name in sizes}


def allocate_more(drawn: dict[str, int], left: dict[str, int], n: int) -> dict[str, int]:
    """Shares of `n` more in proportion to what was `drawn`, by largest remainders; what a stratum has not `left` goes
    to the others. Raises ValueError where all together have not so many."""
    if n > sum(left.values()):
        raise ValueError(f"{n:,} more of {sum(left.values()):,}")
    more = dict.fromkeys(drawn, 0)
    while (missing := n - sum(more.values())) > 0:
        room = {name: left[name] - more[name] for name in drawn if left[name] > more[name]}
        total = sum(drawn[name] for name in room)
        shares = {name: missing * drawn[name] // total for name in room}
        by_remainder = sorted(room, key=lambda name: (-(missing * drawn[name] % total), name))
        for name in by_remainder[: missing - sum(shares.values())]:
            shares[name] += 1
        for name, share in shares.items():
            more[name] += min(share, room[name])
    return more


def draw(population: dict[str, NDArray[np.int64]], shares: dict[str, int], rng: np.random.Generator) -> list[Drawn]:
    """So many ids of each stratum, with the probability n_h / N_h that each had of being drawn, in random order."""
    drawn = [
        Drawn(int(id_), name, shares[name] / len(population[name]))
        for name in sorted(population)
        for id_ in rng.choice(population[name], shares.get(name, 0), replace=False)
    ]
    return [drawn[i] for i in rng.permutation(len(drawn))]
