"""The simulated runs of known truth and what other libraries say of them."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stats.survey.run import RunTotals, run_totals

INFERENCE = Path(__file__).parents[2] / "data" / "inference"


@dataclass(frozen=True, slots=True)
class Run:
    """Of 7,200 intentions: `judged` is which of them were; the truth is known of all."""

    yes_of_3: NDArray[np.float64]
    p_yes: NDArray[np.float64]
    stratum: NDArray[np.int64]
    cobuy: NDArray[np.int64]
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
    with (INFERENCE / f"ppi_{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {column: np.array([float(row.get(column, 0)) for row in rows]) for column in (*rows[0], "stratum")}
    codes = {column: columns[column].astype(int) for column in ("stratum", "cobuy")}
    return Run(columns["yes_of_3"], columns["p_yes"], **codes, judged=columns["judged"] == 1)


def references(name: str) -> dict[str, dict]:
    return json.loads((INFERENCE / "references" / f"ppi_{name}.json").read_text())["values"]
