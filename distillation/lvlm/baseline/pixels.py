"""What can be read from a picture's pixels alone: colours, brightness and shape."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

SIDE = 64
# Hue bounds in Pillow's 0-255 scale.
HUES = (
    (10, "red"),
    (26, "orange"),
    (45, "yellow"),
    (115, "green"),
    (178, "blue"),
    (205, "purple"),
    (238, "pink"),
    (256, "red"),
)


class UnreadablePicture(Exception):
    """The bytes are no picture that Pillow can decode."""


@dataclass(frozen=True, slots=True)
class Look:
    """fill: the share of the frame that is not background."""

    colours: tuple[str, ...]
    brightness: float
    aspect: float
    fill: float

    @property
    def shape(self) -> str:
        if self.aspect > 1.5:
            return "wide"
        if self.aspect < 0.67:
            return "tall"
        return "compact"


def look_at(jpeg: bytes) -> Look:
    try:
        with Picture.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            picture.draft("RGB", (SIDE, SIDE))  # decodes at a fraction of the size
            small = picture.convert("RGB").resize((SIDE, SIDE))
    except (OSError, ValueError, SyntaxError, Picture.DecompressionBombError) as error:
        raise UnreadablePicture(str(error)) from None
    rgb = np.asarray(small, dtype=np.int16)
    border = np.concatenate((rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]))
    shown = np.abs(rgb - np.median(border, axis=0)).sum(axis=2) > 60
    if shown.mean() < 0.02:
        shown[:] = True
    hsv = np.asarray(small.convert("HSV"), dtype=np.int16)[shown]
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    aspect = (np.ptp(columns) + 1) * picture.width / ((np.ptp(rows) + 1) * picture.height)
    return Look(_colours(hsv), float(hsv[:, 2].mean() / 255), float(aspect), float(shown.mean()))


def _colours(hsv: NDArray[np.int16]) -> tuple[str, ...]:
    """The names that cover most of the product, at most two, the second only from a fifth on."""
    names, counts = np.unique(_names(hsv), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    enough = [str(names[i]) for i in order if counts[i] >= 0.2 * len(hsv)]
    return tuple(enough[:2]) or (str(names[order[0]]),)


def _names(hsv: NDArray[np.int16]) -> NDArray[np.str_]:
    hue, saturation, value = hsv.T
    bounds, words = zip(*HUES, strict=True)
    named: NDArray[np.str_] = np.array(words, dtype="U6")[np.searchsorted(bounds, hue, side="right")]
    named[(named == "orange") & (value < 150)] = "brown"
    named[saturation < 45] = "grey"
    named[(saturation < 45) & (value > 200)] = "white"
    named[value < 55] = "black"
    return named
