"""The simulated runs of known truth and what other libraries say of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.survey.run import RunTotals, run_totals
from tests.stats.inference import columns, references


@dataclass(frozen=True, slots=True)
class Run:
    """Of 7,200 intentions: `judged` is which of them were; the truth is known of all."""

    yes_of_3: NDArray[np.float64]
    p_yes: NDArray[np.float64]
    stratum: NDArray[np.int64]
    judged: NDArray[np.bool_]

    @property
    def kept(self) -> NDArray[np.bool_]:
        return self.p_yes >= 0.5

    @property
    def plausible(self) -> NDArray[np.float64]:
        return (self.yes_of_3 >= 2).astype(float)

    @property
    def totals(self) -> RunTotals:
        strata, code = np.unique(self.stratum, return_inverse=True)
        sums = [np.bincount(code, each) for each in (np.ones(len(code)), self.kept, self.p_yes, self.kept * self.p_yes)]
        return run_totals(*sums, strata=strata)

    @property
    def weights(self) -> NDArray[np.float64]:
        """N_h/n_h of the judged."""
        code = np.unique(self.stratum, return_inverse=True)[1]
        return (np.bincount(code) / np.bincount(code, self.judged))[code][self.judged]


def run(name: str) -> Run:
    """srs or strat."""
    of = columns(f"ppi_{name}")
    stratum = of.get("stratum", np.zeros(len(of["item"])))
    return Run(of["yes_of_3"], of["p_yes"], stratum.astype(np.int64), of["judged"] == 1)


def references_of(name: str) -> dict[str, dict]:
    return references(f"ppi_{name}")["values"]
