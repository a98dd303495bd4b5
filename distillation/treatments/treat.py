"""Each treatment as a function from picture to picture, before padding; what depends on fineness goes by the share of
the long side that it has at 336 pixels, so that pictures of all sizes lose the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from distillation.treatments.effects import Effects, effects_of
from distillation.treatments.imaging import SEEN, at_most, foreground

QUALITY = 92  # of the JPEG; a line drawing must not get a texture from it
MEDIAN, MEDIAN_TIMES = 9, 2  # pixels at 336
BLUR = 0.01  # of the long side
TILES = 8  # each way: at 336 pixels three of CLIP's patches
COLOURS = 6
GREY = (127, 127, 127)
# A picture is unchanged where fewer than one pixel in a thousand moves by more than this of 255.
MOVED_BY, MOVED_SHARE = 8, 0.001


class Untreatable(Exception):
    """Why a treatment can't be had of a picture; it leaves its co-buys out of the comparison."""


@dataclass(frozen=True, slots=True)
class Treated:
    digest: str
    jpeg: bytes
    width: int
    height: int
    effects: Effects


def treat(jpeg: bytes, treatment: str, digest: str) -> Treated:
    """`digest` of the picture seeds what is drawn. Raises Untreatable, also where nothing would change."""
    try:
        original = Image.open(BytesIO(jpeg)).convert("RGB")
    except Exception as error:  # decoders raise anything on damaged data
        raise Untreatable(f"unreadable: {error}"[:200]) from error
    changed = TREATMENTS[treatment](original, digest)
    if _unchanged(original, changed):
        raise Untreatable(f"unchanged: the picture looks the same after {treatment.partition('@')[0]}")
    out = BytesIO()
    changed.save(out, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    stored = out.getvalue()
    return Treated(sha256(stored).hexdigest(), stored, *changed.size, effects_of(original, changed))


def _grey(image: Image.Image, _: str) -> Image.Image:
    return image.convert("L").convert("RGB")


def _median(image: Image.Image, _: str) -> Image.Image:
    small = at_most(image)
    for _time in range(MEDIAN_TIMES):
        small = small.filter(ImageFilter.MedianFilter(MEDIAN))
    return _as_large_as(image, small)


def _blur(image: Image.Image, _: str) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(BLUR * max(image.size)))


def _shuffle(image: Image.Image, seed: str) -> Image.Image:
    """A few pixels at the right and the foot that make no whole tile are lost."""
    width, height = (max(1, side // TILES) for side in image.size)
    places = [(width * x, height * y) for y in range(TILES) for x in range(TILES)]
    moved = random.Random(f"shuffle {seed}").sample(places, len(places))  # noqa: S311 - no secret
    out = Image.new("RGB", (width * TILES, height * TILES))
    for (to_x, to_y), (x, y) in zip(places, moved, strict=True):
        out.paste(image.crop((x, y, x + width, y + height)), (to_x, to_y))
    return out


def _palette(image: Image.Image, _: str) -> Image.Image:
    """The product's main colours as bars, as wide as each is frequent."""
    small = at_most(image)
    product = foreground(small)
    pixels = np.asarray(small)[product.mask] if product.found else np.asarray(small).reshape(-1, 3)
    few = Image.fromarray(pixels.reshape(1, -1, 3)).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    counts, colours = np.bincount(np.asarray(few).ravel()), few.getpalette() or []
    out, at, seen = Image.new("RGB", image.size), 0, 0
    for place in np.argsort(-counts, kind="stable"):
        seen += int(counts[place])
        until = round(image.width * seen / counts.sum())
        out.paste(tuple(colours[3 * place : 3 * place + 3]), (at, 0, until, image.height))
        at = until
    return out


def _edges(image: Image.Image, _: str) -> Image.Image:
    lines = at_most(image).convert("L").filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    strong = lines.point([min(255, 3 * level) for level in range(256)])
    return _as_large_as(image, ImageOps.invert(strong).convert("RGB"))


def _silhouette(image: Image.Image, _: str) -> Image.Image:
    product = foreground(at_most(image))
    if not product.trusted:
        raise Untreatable("no mask: the product can't be told from its background")
    black = Image.fromarray(np.where(product.mask, 0, 255).astype(np.uint8)).convert("RGB")
    return _as_large_as(image, black)


def _blank(image: Image.Image, _: str) -> Image.Image:
    return Image.new("RGB", image.size, GREY)


TREATMENTS: dict[str, Callable[[Image.Image, str], Image.Image]] = {
    "grey@1": _grey,
    "median@1": _median,
    "blur@1": _blur,
    "shuffle@1": _shuffle,
    "palette@1": _palette,
    "edges@1": _edges,
    "silhouette@1": _silhouette,
    "blank@1": _blank,
}


def _as_large_as(image: Image.Image, small: Image.Image) -> Image.Image:
    """Size tells nothing of the treatment; models that see more than 336 pixels get no small picture instead."""
    return small.resize(image.size, Image.Resampling.BICUBIC) if max(image.size) > SEEN else small


def _unchanged(original: Image.Image, changed: Image.Image) -> bool:
    if original.size != changed.size:
        changed = changed.resize(original.size)
    moved = np.abs(np.asarray(original, dtype=int) - np.asarray(changed, dtype=int)).max(axis=2)
    return bool((moved > MOVED_BY).mean() < MOVED_SHARE)
