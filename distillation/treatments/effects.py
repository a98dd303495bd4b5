"""What a treatment took away, relative to the original, at the 336 pixels that LLaVA-1.5 sees."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from distillation.treatments.imaging import Floats, Mask, at_most, foreground, grown, luminance, shrunk, smooth

FINE, COARSE = 2.0, 1.0  # pixels: what a blur of these takes away is texture, what it leaves has outlines
LEAST_WITHIN, WITHIN, RIM = 200, 7, 2  # pixels
BINS = 8  # of each of the three colours
NEARLY_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Effects:
    """Texture and outline as shares of the original's, 1 if unchanged; colour is the overlap of two histograms."""

    texture: float
    outline: float
    colour: float

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def effects_of(original: Image.Image, treated: Image.Image) -> Effects:
    """Texture: mean difference of the luminance from itself blurred, within the product. Outline: mean gradient of
    the blurred luminance along the product's rim. Both masks are the original's."""
    before = at_most(original)
    after = treated.resize(before.size, Image.Resampling.LANCZOS)
    inner, rim = _places(before)
    light, dark = luminance(before), luminance(after)
    return Effects(
        texture=_share(_texture(dark)[inner], _texture(light)[inner]),
        outline=_share(_gradient(dark)[rim], _gradient(light)[rim]),
        colour=float(np.minimum(_colours(before), _colours(after)).sum()),
    )


def _places(image: Image.Image) -> tuple[Mask, Mask]:
    mask = foreground(image).mask
    inner = shrunk(mask, WITHIN)
    return inner if inner.sum() > LEAST_WITHIN else mask, grown(mask, RIM) & ~shrunk(mask, RIM)


def _share(after: Floats, before: Floats) -> float:
    return float(after.mean() / max(before.mean(), NEARLY_NOTHING)) if len(before) else 0.0


def _texture(light: Floats) -> Floats:
    return np.abs(light - smooth(light, FINE))


def _gradient(light: Floats) -> Floats:
    down, right = np.gradient(smooth(light, COARSE))
    slope: Floats = np.hypot(down, right)
    return slope


def _colours(image: Image.Image) -> Floats:
    levels = np.asarray(image) // (256 // BINS)
    code = levels.astype(int) @ [BINS * BINS, BINS, 1]
    counts = np.bincount(code.ravel(), minlength=BINS**3)
    shares: Floats = counts / counts.sum()
    return shares
