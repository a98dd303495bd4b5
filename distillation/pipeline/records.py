"""What goes through the pipeline. The leaf of the pure half: imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    digest: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class ProductRecord:
    asin: str
    title: str
    category: str = ""
    picture: Image | None = None
    feature: str = ""


@dataclass(frozen=True, slots=True)
class PairRecord:
    a: ProductRecord
    b: ProductRecord


@dataclass(frozen=True, slots=True)
class Describe:
    product: ProductRecord


@dataclass(frozen=True, slots=True)
class Intend:
    pair: PairRecord
    relation: str
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    pair: PairRecord
    relation: str
    intention: str
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of choice, of a benchmark: letters and texts of its options."""

    stem: str
    options: tuple[tuple[str, str], ...]


Subject = Describe | Intend | Judge | Ask


@dataclass(frozen=True, slots=True)
class VerdictValue:
    yes: bool
    p_yes: float | None
    reason: str
