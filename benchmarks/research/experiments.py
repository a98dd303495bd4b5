"""Paired differences in populations that are known, and what treatments take away of real photos.

python -m benchmarks.research.experiments [--replications N]
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import NormalDist, median

import numpy as np
from PIL import Image

from benchmarks.bars import at_most, show, show_all, within
from distillation.treatments import Untreatable, effects_of
from distillation.treatments.imaging import on_canvas
from distillation.treatments.treat import TREATMENTS
from stats.arms import arm_difference
from stats.intervals import t_interval
from stats.sample import sample_of

REPLICATIONS, ANNOTATORS, RELATIONS = 4_000, 8, 2
SPREAD, SHIFT, ITEMS_CORRELATE = 1.0, 0.25, 0.5
PHOTOS = Path(__file__).parents[3] / "shared/data/photos/img"
# Medians of ../shared/research.md: texture, outline, colour; None where it has none.
TABLE = {
    "grey@1": (1.00, 1.00, 0.42),
    "median@1": (0.25, 0.73, 0.91),
    "blur@1": (0.17, 0.44, 0.87),
    "shuffle@1": (1.56, 0.54, 1.00),
    "palette@1": (0.13, 0.05, 0.30),
    "silhouette@1": (0.0, None, 0.23),
    "blank@1": (0.0, 0.0, None),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=REPLICATIONS, help="0: treatments only")
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="folder of JPEGs")
    options = parser.parse_args()
    good = [coverage(cobuys, options.replications) for cobuys in (50, 200) if options.replications]
    return 0 if all([*good, treatments(options.photos)]) else 1


def coverage(cobuys: int, replications: int) -> bool:
    """Each of the annotators judges two relations of each co-buy in both arms; they lean to yes by a fixed amount each.

    An item's chance of yes is Φ(mean + lean + z) with z normal; those of a pair correlate by a half, and so do those of
    a co-buy's relations. The difference that is right is that of Φ((mean + lean)/√(1 + σ²)), averaged over annotators.
    """
    rng, normal = np.random.default_rng(cobuys), np.vectorize(NormalDist().cdf)
    lean = np.linspace(-0.5, 0.5, ANNOTATORS)
    right = (normal((0.3 - SHIFT + lean) / 2**0.5) - normal((0.3 + lean) / 2**0.5)).mean()
    cluster = np.repeat(np.arange(cobuys), RELATIONS)
    held, halves, unpaired, correlations, started = 0, [], [], [], time.process_time()
    for _ in range(replications):
        z = _latent(rng, cobuys)
        chance = np.array([0.3 - SHIFT, 0.3])[:, None, None] + lean[:, None] + SPREAD * z[:, None, :]
        said = rng.standard_normal(chance.shape) < chance  # with chance Φ(…)
        arm, control = said.mean(axis=1)
        figure = arm_difference(arm, control, clusters=cluster).figure
        low, high = figure.ci95 or (figure.value, figure.value)
        held += low <= right <= high
        halves.append((high - low) / 2)
        unpaired.append(_unpaired(arm, control, cluster))
        correlations.append(np.corrcoef(arm, control)[0, 1])
    share, ratio = held / replications, float(np.mean(halves) / np.mean(unpaired))
    spent = time.process_time() - started
    told = f"{replications:,} replications, {spent:.0f} CPU s, observed means correlate by {np.mean(correlations):.2f}"
    rows = [
        within(f"coverage of a paired difference, {cobuys} co-buys", share, 0.94, 0.96),
        at_most(f"its half-width over the unpaired one's, {cobuys} co-buys", ratio, 0.8),
    ]
    return show_all(rows, told)


def _latent(rng: np.random.Generator, cobuys: int) -> np.ndarray:
    """(arm, item): a half of the variance is the pair's own, and of each part a half is the co-buy's."""

    def part() -> np.ndarray:
        shared = np.repeat(rng.standard_normal(cobuys), RELATIONS)
        return (shared + rng.standard_normal(cobuys * RELATIONS)) / 2**0.5

    common = part()
    return np.stack([ITEMS_CORRELATE**0.5 * common + (1 - ITEMS_CORRELATE) ** 0.5 * part() for _ in range(2)])


def _unpaired(arm: np.ndarray, control: np.ndarray, cluster: np.ndarray) -> float:
    sample = sample_of(len(arm), clusters=cluster)
    variance = sum(sample.variance((each - each.mean()) / len(each))[0] for each in (arm, control))
    low, high = t_interval(0.0, variance, sample.freedom) or (0.0, 0.0)
    return (high - low) / 2


def treatments(photos: Path) -> bool:
    """As the table was made: photos on a white square of 336 pixels, treated and measured there."""
    files = sorted(photos.glob("*.jpg"))
    if not files:
        print(f"Treatments: left out, {photos} is not there")
        return True
    canvases = {file.name: on_canvas(Image.open(file).convert("RGB")) for file in files}
    met = [_treatment(name, wanted, canvases) for name, wanted in TABLE.items()]  # all are measured
    return all(met)


def _treatment(name: str, wanted: tuple, canvases: dict[str, Image.Image]) -> bool:
    effects, lost, started = [], 0, time.process_time()
    for file, canvas in canvases.items():
        try:
            effects.append(effects_of(canvas, TREATMENTS[name](canvas, file)))
        except Untreatable:
            lost += 1
    seconds = (time.process_time() - started) / len(canvases)
    got = [median(getattr(each, key) for each in effects) for key in ("texture", "outline", "colour")]
    off = max(abs(value - bar) for value, bar in zip(got, wanted, strict=True) if bar is not None)
    words = ", ".join(
        f"{key} {value:.2f} ({'-' if bar is None else f'{bar:.2f}'})"
        for key, value, bar in zip(("texture", "outline", "colour"), got, wanted, strict=True)
    )
    told = f"{words} over {len(effects)} photos, {lost} lost, {seconds:.2f} CPU s each"
    return show(at_most(f"treatment {name}: most that a median is off the table", off, 0.10), told)


if __name__ == "__main__":
    sys.exit(main())
