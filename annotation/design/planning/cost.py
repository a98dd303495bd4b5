"""What a study will tell and what it will cost, shown while it is designed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import Group
from django.db.models import Sum

from annotation.design.planning.both_ways import Gain, Sizes, Wanted, Way, gain_known, ways
from annotation.design.population import strata_sizes
from annotation.design.protocol import StudyRefused, eligible, refuse_too_few
from annotation.design.services import Allocation, allocate, units_of
from annotation.models import Participant, Study
from common.cached import cached
from common.counting import of_people_q
from common.words import duration
from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.models import Run
from stats.planning import FASTEST_SECONDS, design_effect, half_width, pace

ASSUMED_SECONDS, ASSUMED_AUDIT_SECONDS = 24, 6
SIZES_KEPT_SECONDS = 60  # counting a large run at each key press would not be live


@dataclass(frozen=True, slots=True)
class Stratum:
    name: str
    size: int
    drawn: int

    @property
    def percent(self) -> float:
        return 100 * self.drawn / self.size


@dataclass(frozen=True, slots=True)
class Plan:
    items: int
    overlap: int
    judgments: int
    time: str
    annotators: int
    time_each: str
    pace: str
    strata: list[Stratum]
    widths: list[tuple[str, float]]  # what is estimated, and ± percentage points
    design_effect: float
    ways: list[Way]
    gain: Gain
    wanted: Wanted
    of_each: int
    paired: bool
    problem: str = ""

    @property
    def wanted_width(self) -> float:
        return 100 * self.wanted.half_width

    @property
    def wanted_difference(self) -> float:
        return 100 * self.wanted.difference

    @property
    def gain_items(self) -> int:
        return round(100 * self.gain.value)

    @property
    def left_out(self) -> int:
        return sum(not stratum.drawn for stratum in self.strata)


def plan_make(
    *,
    runs: Sequence[Run],
    items: int,
    overlap: int,
    strata: Sequence[str],
    allocation: Allocation,
    paired: bool,
    groups: Sequence[Group],
    audit_share: float,
    repeat_share: float,
    qualification_items: int,
    wanted: Wanted,
    catalog: CatalogSelection = EVERYTHING,
    kind: str = Study.Kind.RATING,
) -> Plan:
    compares = kind == Study.Kind.PREFERENCE
    paired = paired or compares
    sizes = _sizes(runs, strata, paired=paired, filtered=not compares, catalog=catalog)
    shares, problem = _shares(sizes, partial(units_of, items, runs, paired=paired, kind=kind), allocation, runs)
    problem = problem or _too_few(overlap, groups)
    each_seconds, words = _pace(0 if compares else audit_share)
    annotators = eligible(groups)
    seconds = items * overlap / (1 - repeat_share) * each_seconds + annotators * qualification_items * each_seconds
    effect, gain = design_effect(sizes, shares) if shares else 1.0, gain_known()
    of_each = max(1, items // max(1, len(runs)))
    return Plan(
        items=items,
        overlap=overlap,
        judgments=items * overlap,
        time=_working_time(seconds),
        annotators=annotators,
        time_each=_working_time(seconds / annotators) if annotators else "",
        pace=words,
        strata=[Stratum(name, size, shares.get(name, 0)) for name, size in sizes.items()] if shares else [],
        widths=_widths(shares, strata, overlap, effect, "Win rate" if compares else "Plausible"),
        design_effect=effect,
        ways=[]
        if compares or not shares
        else ways(Sizes(items, of_each, paired), wanted, overlap=overlap, effect=effect, gain=gain),
        gain=gain,
        wanted=wanted,
        of_each=of_each,
        paired=paired,
        problem=problem,
    )


def _shares(
    sizes: dict[str, int], units: Callable[[], int], allocation: Allocation, runs: Sequence[Run]
) -> tuple[dict[str, int], str]:
    """What each stratum gives, or why it can't be drawn so."""
    try:
        return allocate(sizes, units(), allocation, runs), ""
    except StudyRefused as refusal:
        return {}, str(refusal)


def _too_few(overlap: int, groups: Sequence[Group]) -> str:
    try:
        refuse_too_few(overlap, groups)
    except StudyRefused as refusal:
        return str(refusal)
    return ""


def _sizes(
    runs: Sequence[Run], strata: Sequence[str], *, paired: bool, filtered: bool, catalog: CatalogSelection
) -> dict[str, int]:
    asked = ([(run.pk, run.strictness) for run in runs], paired, filtered, list(strata), catalog)
    return cached(
        f"strata-{hashlib.sha256(repr(asked).encode()).hexdigest()}",
        lambda: strata_sizes(runs, strata, paired=paired, filtered=filtered, catalog=catalog),
        SIZES_KEPT_SECONDS,
    )


def _pace(audit_share: float) -> tuple[float, str]:
    """Seconds for a judgment with its share of audits, as observed here so far or else assumed."""
    people = Participant.objects.filter(of_people_q("study__")).included()
    seen = people.aggregate(seconds=Sum("seconds", default=0.0), n=Sum("n_judged", default=0))
    item, observed = pace(seen["seconds"], seen["n"], ASSUMED_SECONDS)
    known = "the least that reading takes" if item == FASTEST_SECONDS else "as observed so far"
    words = f"{item:.0f} s an item ({known if observed else 'assumed'})"
    audit = f" and {ASSUMED_AUDIT_SECONDS} s an audit (assumed)" if audit_share else ""
    return item + audit_share * ASSUMED_AUDIT_SECONDS, words + audit


def _working_time(seconds: float) -> str:
    """In hours, however many: nobody works for days on end."""
    return f"{seconds / 3600:,.1f} hours" if seconds >= 36_000 else duration(seconds)


def _widths(
    shares: dict[str, int], strata: Sequence[str], overlap: int, effect: float, what: str
) -> list[tuple[str, float]]:
    """Half-widths of intervals in percentage points: for all items, and for the smallest part by each of `strata`."""
    if not shares:
        return []
    widths = [(f"{what}, all", 100 * half_width(sum(shares.values()), overlap, effect))]
    for place, name in enumerate(strata):
        parts: dict[str, int] = {}
        for stratum, drawn in shares.items():
            part = stratum.split("/")[place]
            parts[part] = parts.get(part, 0) + drawn
        least = min((drawn, part) for part, drawn in parts.items())
        if least[0]:
            widths.append((f"{what}, {name} {least[1]}", 100 * half_width(least[0], overlap)))
    return widths
