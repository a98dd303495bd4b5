"""The answers of ties.csv as codes, and the references' values."""

import numpy as np

from tests.stats.inference import columns, references

DATA, VALUES = columns("ties"), references("ties")["values"]
NAMES = sorted(VALUES["Davidson"]["log_strength"])
LEFT, RIGHT = (np.array([NAMES.index(name) for name in DATA[side]]) for side in ("left", "right"))
OUTCOME = np.array([["left", "right", "tie"].index(answer) for answer in DATA["answer"]])
