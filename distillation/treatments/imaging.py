"""What treatments and their effects are computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pixels = NDArray[Any]

SEEN = 336  # pixels: what LLaVA-1.5 sees of a picture
BORDER = 6  # pixels taken for background
LEAST, MOST, EVEN = 0.03, 0.97, 25.0  # a mask passes from a share of foreground to another, on so even a background


def at_most(image: Image.Image, side: int = SEEN) -> Image.Image:
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def on_canvas(image: Image.Image, side: int = SEEN) -> Image.Image:
    """As the model sees it: at its size, in the middle of a white square."""
    small = at_most(image, side)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return canvas


def luminance(image: Image.Image) -> Floats:
    return np.asarray(image.convert("L"), dtype=float)


def smooth(values: Floats, sigma: float) -> Floats:
    """A Gaussian over both axes, mirrored at the edges, cut at 4 sigma."""
    radius = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        around = [(radius, radius) if axis == each else (0, 0) for each in (0, 1)]
        padded, n = np.pad(values, around, mode="symmetric"), values.shape[axis]
        taken = (padded[i : i + n] if axis == 0 else padded[:, i : i + n] for i in range(2 * radius + 1))
        values = sum((weight * part for weight, part in zip(kernel, taken, strict=True)), np.zeros_like(values))
    return values


def grown(mask: Mask, times: int) -> Mask:
    return _filtered(mask, ImageFilter.MaxFilter(2 * times + 1))


def shrunk(mask: Mask, times: int) -> Mask:
    """What lies outside of the picture counts as background."""
    framed = np.pad(mask, times)
    return _filtered(framed, ImageFilter.MinFilter(2 * times + 1))[times:-times, times:-times]


@dataclass(frozen=True, slots=True)
class Foreground:
    """`found`: there is some, and it is not all; `trusted`: on an even background besides, so the shape is right."""

    mask: Mask
    found: bool
    trusted: bool


def foreground(image: Image.Image) -> Foreground:
    """What differs from the colour of the border, holes filled.

    Distance from the border's median in Lab, cut by Otsu 1979, specks removed.
    """
    lab = np.asarray(image.convert("LAB")).astype(float)
    lab[..., 1:] = (lab[..., 1:] + 128) % 256 - 128
    border = np.concatenate([edge.reshape(-1, 3) for edge in _edges(lab)])
    middle = np.median(border, axis=0)
    away = np.clip(2 * np.linalg.norm(lab - middle, axis=2), 0, 255).astype(np.uint8)
    mask = filled(grown(shrunk(away > _otsu(away), 2), 2))
    spread = float(np.linalg.norm(border - middle, axis=1).mean())
    found = bool(LEAST < mask.mean() < MOST)
    return Foreground(mask, found, found and spread < EVEN)


def filled(mask: Mask) -> Mask:
    """With what can't be reached from outside: a flood from the frame, by whole stretches of a row or a column."""
    open_ = ~np.pad(mask, 1)
    reached = np.zeros_like(open_)
    reached[0] = True
    n = 0
    while reached.sum() > n:
        n = int(reached.sum())
        reached = _flooded(_flooded(reached, open_).T, open_.T).T
    return ~reached[1:-1, 1:-1]


def _flooded(reached: Mask, open_: Mask) -> Mask:
    """Along rows: a stretch that is reached anywhere is reached whole."""
    starts = open_.copy()
    starts[:, 1:] &= ~open_[:, :-1]
    stretch = np.cumsum(starts.ravel()).reshape(open_.shape)
    hit = np.bincount(stretch[reached & open_], minlength=int(stretch.max()) + 1) > 0
    flooded: Mask = open_ & hit[stretch]
    return flooded


def _filtered(mask: Mask, rank: ImageFilter.MaxFilter | ImageFilter.MinFilter) -> Mask:
    return np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).filter(rank)) > 127


def _edges(pixels: Floats) -> tuple[Floats, ...]:
    return pixels[:BORDER], pixels[-BORDER:], pixels[:, :BORDER], pixels[:, -BORDER:]


def _otsu(values: NDArray[np.uint8]) -> int:
    """The cut with the largest variance between what lies below and above: Otsu 1979, eq. 18."""
    counts = np.bincount(values.ravel(), minlength=256).astype(float)
    below, moment = counts.cumsum(), (counts * np.arange(256)).cumsum()
    product = below * (below[-1] - below)
    between = np.where(product > 0, (moment[-1] * below / below[-1] - moment) ** 2 / np.maximum(product, 1), -1)
    return int(between.argmax()) if between.max() > 0 else 255
