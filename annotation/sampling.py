"""Drawing a stratified sample, seeded. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Drawn:
    id: int
    stratum: str
    inclusion_probability: float


def allocate(sizes: dict[str, int], n: int) -> dict[str, int]:
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


def draw(population: dict[str, NDArray[np.int64]], n: int, rng: np.random.Generator) -> list[Drawn]:
    """`n` ids out of the strata, each with the probability n_h / N_h that it had of being drawn, in random order."""
    shares = allocate({name: len(ids) for name, ids in population.items()}, n)
    drawn = [
        Drawn(int(id_), name, shares[name] / len(population[name]))
        for name in sorted(population)
        for id_ in rng.choice(population[name], shares[name], replace=False)
    ]
    return [drawn[i] for i in rng.permutation(len(drawn))]
