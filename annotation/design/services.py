"""Make studies, and open, pause and close them."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design import sampling
from annotation.design.gold import gold_add, gold_answers, gold_read
from annotation.design.items import items_add
from annotation.design.pair_gold import gold_pairs
from annotation.design.pairs import gold_pairs_add, pairs_add, pairs_of_unit
from annotation.design.planning.fixed import Planned, plan_fix
from annotation.design.population import STRATA, partners, strata_members
from annotation.design.protocol import (
    Protocol,
    StudyRefused,
    eligible,
    most_revealed,
    protocol_set,
    refuse_cap,
    refuse_too_few,
    refuse_unqualifiable,
    texts_date,
)
from annotation.models import Item, Study, StudyChange
from annotation.models.protocol_fields import NAME_LENGTH, PROTOCOL_FIELDS
from common.refusals import Gathering
from common.words import percent
from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.models import Run
from distillation.runs.changes import run_set_strictness

EQUAL, PROPORTIONAL = "equal", "proportional"
# A stratum's name may have commas and colons in it, as categories do; its number ends it.
_STATED = re.compile(r"(?P<stratum>[^\n]+?)(?::\s*(?P<number>\d{1,9})\s*(?:,|\n|$)|\n|$)")
Allocation = str | dict[str, int]  # equal, proportional, or items by stratum


@transaction.atomic
def study_create(
    *,
    name: str,
    runs: Sequence[Run],
    items: int,
    overlap: int,
    kind: str = Study.Kind.RATING,
    strata: Sequence[str] = (),
    allocation: Allocation = EQUAL,
    seed: int = 0,
    paired: bool = False,
    gold: Iterable[str] | None = None,
    groups: Sequence[Group] = (),
    state: str = Study.State.OPEN,
    simulated: bool = False,
    created_by: User | None = None,
    plan: Planned | None = None,
    catalog: CatalogSelection = EVERYTHING,
    **protocol: Unpack[Protocol],
) -> Study:
    """Sample the runs' intentions and open the study. A study is whole or not there.

    `paired` draws the same co-buys and relations from each run. `gold` are the lines of a CSV. What is gold is not
    drawn as well: the sample speaks of the others. `catalog` leaves out the intentions for other co-buys. A preference
    study has pairs of runs' intentions as its items.
    """
    checks = Gathering()
    with checks.one():
        _refuse_unusable(name=name, runs=runs, items=items, overlap=overlap, strata=strata, seed=seed)
    usable = not checks.found
    study = Study(
        name=name,
        kind=_kind_known(kind),
        overlap=overlap,
        strata=list(strata),
        seed=seed,
        state=_state_known(state),
        simulated=simulated,
        created_by=created_by,
        n_items=items,
        paired=paired or kind == Study.Kind.PREFERENCE,
        catalog=catalog.as_config(),
    )
    with checks.one():
        protocol_set(study, protocol)
        texts_date(study)
    known = _Gold({}, {}, gold_add)
    if study.scales:
        with checks.one():
            known = _gold_known(study, gold, runs)
            _refuse_unjudgeable(study, len(known.answers), groups)
    if usable:
        with checks.one():
            population, shares = _population(study, runs, allocation, catalog, without=known.intentions)
    checks.settle()
    _insert(study, runs, groups)
    _sample(study, population, shares, runs)
    known.add(study, known.answers)
    if plan:
        plan_fix(study=study, planned=plan, by=created_by)
    return study


@dataclass(frozen=True, slots=True)
class _Gold:
    """Known answers, of intentions or of pairs of them, with the intentions that are not drawn as well."""

    answers: dict
    intentions: Collection[int]
    add: Callable[[Study, dict], None]


def _gold_known(study: Study, lines: Iterable[str] | None, runs: Sequence[Run]) -> _Gold:
    if study.is_preference:
        pairs = {} if lines is None else gold_pairs(lines, runs)
        return _Gold(pairs, {pk for pair in pairs for pk in pair}, gold_pairs_add)
    answers = {} if lines is None else gold_answers(gold_read(lines), runs, study.questions)
    return _Gold(answers, answers, gold_add)


@transaction.atomic
def study_set_state(*, study: Study, state: str, by: User | None = None) -> None:
    before, study.state = study.state, _state_known(state)
    study.save(update_fields=["state"])
    if before == Study.State.CLOSED != state:
        StudyChange.objects.create(study=study, kind=StudyChange.Kind.REOPENED, by=by)
    deed_record(kind=Deed.Kind.STUDY_STATE, by=by, about=study.name, state=state)


def study_warnings(study: Study) -> list[str]:
    """What is allowed, but worth a look before annotators begin."""
    warnings = []
    if study.repeat_share and study.audit_share == most_revealed(study.repeat_share):
        warnings.append(
            f"After {percent(1 - study.audit_share)} of the judgments the verdict is held back, so that there is "
            "something to repeat: who has seen a verdict would only remember it"
        )
    if not study.simulated and not study.groups.exists() and study.overlap > (able := eligible([])):
        warnings.append(
            f"Each item wants {study.overlap} annotators, but there are {able} so far; the study can't end without more"
        )
    return warnings


def allocate(sizes: dict[str, int], items: int, allocation: Allocation, runs: Sequence[Run]) -> dict[str, int]:
    """How many items each stratum gives."""
    if items > (available := sum(sizes.values())):
        raise StudyRefused(
            f"The study asks for {items:,} items, but {', '.join(run.name for run in runs)} "
            f"has {available:,} intentions that can be judged; ask for at most that many",
            field="items",
        )
    if allocation == EQUAL:
        return sampling.allocate_equal(sizes, items)
    if allocation == PROPORTIONAL:
        return sampling.allocate_proportional(sizes, items)
    if isinstance(allocation, str):
        raise StudyRefused(f"An allocation is {EQUAL}, {PROPORTIONAL} or numbers by stratum; not {allocation!r}")
    return _stated(sizes, items, allocation)


def allocation_parse(text: str) -> Allocation:
    """`equal`, `proportional`, or numbers such as `usedFor/kept:20, usedFor/rejected:10`."""
    if text.strip() in (EQUAL, PROPORTIONAL):
        return text.strip()
    stated: dict[str, int] = {}
    for part in _STATED.finditer(text):
        # relation=usedFor:50 is understood too
        stratum, number = part["stratum"].strip().removeprefix("relation="), part["number"]
        if not stratum or not number:
            raise StudyRefused(f"{part[0].strip()!r} states no number; write strata and numbers, such as usedFor:50")
        if stratum in stated:
            raise StudyRefused(f"The stratum {stratum} is stated twice; state it once")
        stated[stratum] = int(number)
    if not stated:
        raise StudyRefused("No numbers are stated; write strata and their numbers, such as usedFor:50, isA:30")
    return stated


def _stated(sizes: dict[str, int], items: int, stated: dict[str, int]) -> dict[str, int]:
    if unknown := sorted(set(stated) - set(sizes)):
        raise StudyRefused(
            f"There is no stratum {', '.join(unknown[:5])}; there are {', '.join(sorted(sizes)[:8])}"
            f"{' …' if len(sizes) > 8 else ''}",
            field="stated",
        )
    for name, number in stated.items():
        if number > sizes[name]:
            raise StudyRefused(
                f"The stratum {name} has {sizes[name]:,} intentions, not {number:,}; ask for fewer", field="stated"
            )
    if (total := sum(stated.values())) != items:
        raise StudyRefused(
            f"The strata add up to {total:,} items, but {items:,} are asked for; make them equal", field="stated"
        )
    return stated


def _kind_known(kind: str) -> str:
    if kind not in Study.Kind.values:
        raise StudyRefused(f"A study's kind is {' or '.join(Study.Kind.values)}; not {kind!r}")
    return kind


def _state_known(state: str) -> str:
    if state not in Study.State.values:
        raise StudyRefused(f"A study is {', '.join(Study.State.values)}; not {state!r}")
    return state


def _refuse_unusable(
    *, name: str, runs: Sequence[Run], items: int, overlap: int, strata: Sequence[str], seed: int
) -> None:
    name_refuse(name)
    if not runs:
        raise StudyRefused("A study needs at least one run", field="runs")
    if len(set(runs)) < len(runs):
        raise StudyRefused("A run is named twice; name each once")
    if items < 1 or overlap < 1:
        raise StudyRefused("A study needs at least one item and one judgment an item", field="items")
    if overlap > (most := PROTOCOL_FIELDS["overlap"].most):
        raise StudyRefused(
            f"An overlap of {overlap} is more than {most} judgments an item; choose a smaller one", field="overlap"
        )
    if unknown := set(strata) - set(STRATA):
        raise StudyRefused(f"Unknown strata {', '.join(sorted(unknown))}; known are {', '.join(STRATA)}")
    if not 0 <= seed < 2**63:
        raise StudyRefused(f"The seed {seed} is outside 0 … 2^63 - 1; choose a smaller number", field="seed")


def name_refuse(name: str) -> None:
    """Raises StudyRefused where no study can be called so."""
    if not name.strip():
        raise StudyRefused("A study needs a name", field="name")
    if len(name) > NAME_LENGTH:
        raise StudyRefused(f"The name has {len(name)} letters; a study's name may have {NAME_LENGTH}", field="name")
    if Study.objects.filter(name=name).exists():
        raise _name_taken(name)


def _name_taken(name: str) -> StudyRefused:
    return StudyRefused(f"There is a study named {name} already; choose another name", field="name")


def _refuse_unjudgeable(study: Study, n_gold: int, groups: Sequence[Group]) -> None:
    refuse_unqualifiable(study, n_gold)
    refuse_cap(study.cap, study.qualification_items)
    refuse_too_few(study.overlap, groups)


def _insert(study: Study, runs: Sequence[Run], groups: Sequence[Group]) -> None:
    try:
        with transaction.atomic():
            study.save(force_insert=True)
    except IntegrityError as error:  # two researchers chose the name at once
        raise _name_taken(study.name) from error
    study.runs.set(runs)
    study.groups.set(groups)


def _population(
    study: Study, runs: Sequence[Run], allocation: Allocation, catalog: CatalogSelection, *, without: Collection[int]
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """The intentions of each stratum, and how many units it gives."""
    units = units_of(study.n_items, runs, paired=study.paired, kind=study.kind)
    filtered = not study.is_preference
    population = strata_members(
        runs, study.strata, without=without, paired=study.paired, filtered=filtered, catalog=catalog
    )
    return population, allocate({name: len(ids) for name, ids in population.items()}, units, allocation, runs)


def units_of(items: int, runs: Sequence[Run], *, paired: bool, kind: str = Study.Kind.RATING) -> int:
    """How many units are drawn: the items, or for paired runs the items that each of them gives; of preferences each
    unit gives an item for each pair of runs."""
    if kind == Study.Kind.PREFERENCE:
        return _units_of_pairs(items, runs)
    if not paired:
        return items
    if len(runs) < 2:
        raise StudyRefused("Runs are compared in pairs; name two or more, or don't pair", field="runs")
    units, over = divmod(items, len(runs))
    if over:
        raise StudyRefused(
            f"{items:,} items can't come from {len(runs)} runs alike; ask for {units * len(runs):,}", field="items"
        )
    return units


def _units_of_pairs(items: int, runs: Sequence[Run]) -> int:
    if len(runs) < 2:
        raise StudyRefused(
            "A preference study compares the intentions of two runs or more; name another run", field="runs"
        )
    units, over = divmod(items, each := pairs_of_unit(runs))
    if over or not units:
        raise StudyRefused(
            f"{len(runs)} runs make {each} pairs for each co-buy and relation, so {items:,} items don't come out even; "
            f"ask for {max(1, units) * each:,}",
            field="items",
        )
    return units


def _sample(study: Study, population: dict[str, np.ndarray], shares: dict[str, int], runs: Sequence[Run]) -> None:
    rng = np.random.default_rng(study.seed)
    drawn = sampling.draw(population, shares, rng)
    if study.is_preference:
        pairs_add(study, drawn, runs, rng)
        return
    if study.paired:
        drawn = of_all_runs(drawn, runs, rng)
    items_add(
        study,
        [
            Item(
                intention_id=each.id,
                stratum=each.stratum,
                inclusion_probability=each.inclusion_probability,
                order_key=place,
            )
            for place, each in enumerate(drawn)
        ],
    )


def of_all_runs(drawn: list[sampling.Drawn], runs: Sequence[Run], rng: np.random.Generator) -> list[sampling.Drawn]:
    """The drawn intentions with their partners in the other runs, mixed, so that the order does not tell the run."""
    whole = list(drawn)
    for run in runs[1:]:
        partner = partners([each.id for each in drawn], run)
        whole += [replace(each, id=partner[each.id]) for each in drawn]
    return [whole[i] for i in rng.permutation(len(whole))]


@transaction.atomic
def study_set_strictness(*, study: Study, run: Run, strictness: float, by: User | None = None) -> None:
    """Set it from what the study shows, and keep that it was: its figures there are of the data that chose."""
    run_set_strictness(run=run, strictness=strictness, by=by)
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.participants.filter(n_judged__gt=0).exists():
        study.own_strictness[str(run.pk)] = strictness
        study.save(update_fields=["own_strictness"])
