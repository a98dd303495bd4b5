"""What rows of an exported CSV say."""

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.columns import NOT_SAID
from annotation.scales import Question

KEPT = {"kept": True, "rejected": False, "": None}


def answering(rows: NDArray, question: Question) -> tuple[NDArray, NDArray[np.bool_]]:
    """The rows that answer, and whether each says yes."""
    said = rows[rows[question.name] != NOT_SAID]
    return said, np.array(question.says_yes)[said[question.name]]


def revealed(rows: NDArray) -> NDArray[np.bool_]:
    """Who answered the audit, or revised after the reveal, has seen the verdict."""
    return (rows["audit"] != NOT_SAID) | (rows["after"] != NOT_SAID)
