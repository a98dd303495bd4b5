"""Making and steering studies."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from django.db import IntegrityError, transaction

from accounts.models import User
from annotation import sampling, scales
from annotation.models import Item, Study
from distillation.models import Intention, Run

STRATA = ("relation", "verdict")


class StudyRefused(Exception):
    """One line for the person who asked: what is wrong and what to do."""


@transaction.atomic
def study_create(
    *,
    name: str,
    runs: Sequence[Run],
    items: int,
    overlap: int,
    strata: Sequence[str] = (),
    seed: int = 0,
    preset: str = "mind",
    typicality_after_yes: bool = False,
    simulated: bool = False,
    created_by: User | None = None,
) -> Study:
    """Sample the runs' judged-by-the-filter intentions and open the study. A study is whole or not there."""
    _refuse_unusable(name=name, runs=runs, items=items, overlap=overlap, strata=strata, seed=seed, preset=preset)
    population = _population(runs, strata)
    available = sum(len(ids) for ids in population.values())
    if items > available:
        raise StudyRefused(
            f"The study asks for {items:,} items, but {', '.join(run.name for run in runs)} "
            f"has {available:,} intentions with a verdict; ask for at most that many"
        )
    study = Study(
        name=name,
        overlap=overlap,
        strata=list(strata),
        seed=seed,
        preset=preset,
        scales=scales.preset_as_json(preset),
        typicality_after_yes=typicality_after_yes,
        simulated=simulated,
        created_by=created_by,
        n_items=items,
    )
    _insert(study)
    study.runs.set(runs)
    _sample(study, population, items)
    return study


def study_set_state(*, study: Study, state: str) -> None:
    if state not in Study.State.values:
        raise StudyRefused(f"A study is {', '.join(Study.State.values)}; not {state!r}")
    study.state = state
    study.save(update_fields=["state"])


def _refuse_unusable(
    *, name: str, runs: Sequence[Run], items: int, overlap: int, strata: Sequence[str], seed: int, preset: str
) -> None:
    if not name.strip():
        raise StudyRefused("A study needs a name")
    if len(name) > (longest := Study._meta.get_field("name").max_length):
        raise StudyRefused(f"The name has {len(name)} letters; a study's name may have {longest}")
    if Study.objects.filter(name=name).exists():
        raise _name_taken(name)
    if not runs:
        raise StudyRefused("A study needs at least one run")
    if items < 1 or overlap < 1:
        raise StudyRefused("A study needs at least one item and one judgment an item")
    if overlap > Study._meta.get_field("overlap").validators[1].limit_value:
        raise StudyRefused(f"An overlap of {overlap} is more than 100 judgments an item; choose a smaller one")
    if unknown := set(strata) - set(STRATA):
        raise StudyRefused(f"Unknown strata {', '.join(sorted(unknown))}; known are {', '.join(STRATA)}")
    if not 0 <= seed < 2**63:
        raise StudyRefused(f"The seed {seed} is outside 0 … 2^63 - 1; choose a smaller number")
    if preset not in scales.PRESETS:
        raise StudyRefused(f"Unknown preset {preset!r}; known are {', '.join(scales.PRESETS)}")


def _name_taken(name: str) -> StudyRefused:
    return StudyRefused(f"There is a study named {name} already; choose another name")


def _insert(study: Study) -> None:
    try:
        with transaction.atomic():
            study.save(force_insert=True)
    except IntegrityError as error:  # two researchers chose the name at once
        raise _name_taken(study.name) from error


def _population(runs: Sequence[Run], strata: Sequence[str]) -> dict[str, np.ndarray]:
    """Ids of all intentions that have a verdict, by stratum, in the order of their ids so that the seed decides."""
    strictness = {run.pk: run.strictness for run in runs}
    rows = (
        Intention.objects.filter(run__in=runs, verdict__isnull=False)
        .order_by("pk")
        .values_list("pk", "run_id", "relation", "verdict__p_yes", "verdict__yes")
    )
    ids = defaultdict(list)
    for pk, run_id, relation, p_yes, yes in rows.iterator(chunk_size=20_000):
        kept = yes if p_yes is None else p_yes >= strictness[run_id]
        parts = {"relation": relation, "verdict": "kept" if kept else "rejected"}
        ids["/".join(parts[name] for name in strata)].append(pk)
    return {stratum: np.array(members) for stratum, members in ids.items()}


def _sample(study: Study, population: dict[str, np.ndarray], items: int) -> None:
    drawn = sampling.draw(population, items, np.random.default_rng(study.seed))
    rows = (
        Item(
            study=study,
            intention_id=each.id,
            stratum=each.stratum,
            inclusion_probability=each.inclusion_probability,
            order_key=place,
            overlap=study.overlap,
        )
        for place, each in enumerate(drawn)
    )
    Item.objects.bulk_create(rows, batch_size=5_000)
