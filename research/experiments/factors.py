"""What an arm may differ in, and how a value of it changes the control's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from common.refusals import Refused
from distillation.catalog.selection import catalog_of
from distillation.models import Run, Verdict
from distillation.pipeline.filters import NOBODY, SAME
from distillation.pipeline.relations import parse_relations
from distillation.prompts.stored import prompts_named, prompts_settings
from distillation.runs.services import HOTTEST, MOST_SAMPLES, RunRefused, RunSettings, filter_asked
from distillation.treatments import NONE, parse_pictures
from research.models import Arm

OWN_WORDS = "own"  # the filter in the prompts' own words, where the control has others


class ExperimentRefused(Refused):
    """One line for the person who asked: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """A run to be started: the control's, but for one factor. Or no run, but another reading of the control's."""

    factor: str
    value: str
    backend: str
    model: str
    base_urls: tuple[str, ...]
    settings: RunSettings
    judges_control: bool = False  # the control's very intentions, by another filter
    reading: str = ""
    strictness: float | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """What makes arms alike: the same question to the same model."""
        config = {name: value for name, value in self.settings.as_config().items() if name != "limit"}
        return {
            "backend": self.backend, "model": self.model, **config, "reading": self.reading, "from": self.strictness
        }  # fmt: skip


def control_plan(run: Run) -> ArmPlan:
    names = {field.name for field in fields(RunSettings)}
    config = {name: value for name, value in run.config.items() if name in names}
    if run.is_imported:
        raise ExperimentRefused(
            f"Run {run.name} was imported, so nothing can be varied in it: name runs over the same co-buys instead"
        )
    if not config.get("with_images", True):
        config["pictures"] = NONE
    settings = RunSettings(**{**config, "relations": tuple(config["relations"]), "catalog": catalog_of(run)})
    return ArmPlan("", "", run.backend, run.model, tuple(run.base_urls), settings)


def asks_the_same(run: Run, plan: ArmPlan) -> bool:
    """Another run that asked the same question of the same model, and so differs by chance alone."""
    return not run.is_imported and not plan.reading and control_plan(run).asked == plan.asked


def arm_plans(control: Run, vary: Mapping[str, Sequence[str]]) -> list[ArmPlan]:
    """One for each value of each factor. Refuses what can't be read, and arms that would be the same."""
    if not vary:
        return []
    base = control_plan(control)
    plans = [_plan(base, factor, value) for factor, values in vary.items() for value in values]
    _refuse_readings_of_nothing(control, plans)
    _refuse_two_readings([base, *plans])
    for n, plan in enumerate(plans):
        for other in (base, *plans[:n]):
            if plan.asked == other.asked and plan.base_urls == other.base_urls:
                what = f"{other.factor}={other.value}" if other.factor else "the control"
                raise ExperimentRefused(f"{plan.factor}={plan.value} is the same as {what}: leave one of them out")
    return plans


def vary_parse(given: Sequence[str]) -> dict[str, list[str]]:
    """From FACTOR=a,b each."""
    vary: dict[str, list[str]] = {}
    for words in given:
        factor, equals, values = words.partition("=")
        if not equals or not values.strip(","):
            raise ExperimentRefused(f"{words!r}: write what is varied as FACTOR=a,b, such as pictures=grey,none")
        vary.setdefault(factor.strip(), []).extend(value.strip() for value in values.split(",") if value.strip())
    return vary


def _plan(base: ArmPlan, factor: str, value: str) -> ArmPlan:
    if factor not in FACTORS:
        raise ExperimentRefused(f"Unknown factor {factor!r}: known are {', '.join(FACTORS)}")
    try:
        changed = FACTORS[factor](base, value)
    except (ValueError, RunRefused) as error:
        raise ExperimentRefused(f"{factor}={value}: {error}") from error
    shown = changed.settings.pictures if factor == "pictures" else value
    return replace(changed, factor=factor, value=shown)


def _pictures(base: ArmPlan, value: str) -> ArmPlan:
    name = parse_pictures(value)
    return _with(base, pictures=name, with_images=name != NONE)


def _model(base: ArmPlan, value: str) -> ArmPlan:
    name, at, server = value.rpartition("@")
    if not at or not name or not server:
        raise ValueError("write NAME@SERVER, such as llava-13b@http://gpu-a:8000")
    return replace(base, backend="openai", model=name, base_urls=(server,))


def _prompts(base: ArmPlan, value: str) -> ArmPlan:
    return _with(base, **prompts_settings(prompts_named(value)))


def _relations(base: ArmPlan, value: str) -> ArmPlan:
    return _with(base, relations=parse_relations(value.replace("+", ",")))


def _temperature(base: ArmPlan, value: str) -> ArmPlan:
    return _with(base, temperature=_number(value, HOTTEST, f"give a number from 0 to {HOTTEST:g}"))


def _samples(base: ArmPlan, value: str) -> ArmPlan:
    if not value.isdecimal() or not 1 <= int(value[:9]) <= MOST_SAMPLES:
        raise ValueError(f"give a whole number from 1 to {MOST_SAMPLES:,}")
    return _with(base, samples=int(value))


def _titles(base: ArmPlan, value: str) -> ArmPlan:
    return _with(base, with_titles=_yes(value))


def _features(base: ArmPlan, value: str) -> ArmPlan:
    return _with(base, with_features=_yes(value))


def _filter(base: ArmPlan, value: str) -> ArmPlan:
    readings = {NOBODY: Arm.Reading.ALL, "random": Arm.Reading.RANDOM}
    if value in readings:
        return replace(base, reading=readings[value])
    value = SAME if value == OWN_WORDS else value
    settings = base.settings
    return replace(
        _with(base, **filter_asked(value, settings.filter_model, settings.filter_base_urls)), judges_control=True
    )


def _filter_model(base: ArmPlan, value: str) -> ArmPlan:
    name, at, server = value.rpartition("@") if "@" in value else (value, "", "")
    if not name or (at and not server):
        raise ValueError("write NAME, or NAME@SERVER such as llava-7b@http://gpu-b:8000")
    if not at and name == (base.settings.filter_model or base.model):
        raise ValueError("that model filters the control already: name another")
    asked = filter_asked("" if base.settings.filter == NOBODY else base.settings.filter, name, [server] if at else [])
    return replace(_with(base, **asked), judges_control=True)


def _strictness(base: ArmPlan, value: str) -> ArmPlan:
    strictness = _number(value, 1, "give a probability from 0 to 1")
    return replace(base, reading=Arm.Reading.STRICTNESS, strictness=strictness)


def _number(value: str, most: float, otherwise: str) -> float:
    """From 0 on. Raises ValueError that says what to give otherwise."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise ValueError(otherwise)
    return number


def _yes(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("write yes or no")
    return value == "yes"


def _with(base: ArmPlan, **changes: Any) -> ArmPlan:
    return replace(base, settings=replace(base.settings, **changes))


FACTORS: dict[str, Callable[[ArmPlan, str], ArmPlan]] = {
    "pictures": _pictures,
    "model": _model,
    "prompts": _prompts,
    "relations": _relations,
    "temperature": _temperature,
    "samples": _samples,
    "titles": _titles,
    "features": _features,
    "filter": _filter,
    "filter-model": _filter_model,
    "strictness": _strictness,
}


def _refuse_two_readings(plans: Sequence[ArmPlan]) -> None:
    """Features are shared by the name of their model: two servers must not mean two models by one name."""
    servers: dict[str, tuple[str, ...]] = {}
    for plan in plans:
        if plan.backend == "openai" and servers.setdefault(plan.model, plan.base_urls) != plan.base_urls:
            raise ExperimentRefused(
                f"Model {plan.model} is asked for at {', '.join(servers[plan.model])} and at "
                f"{', '.join(plan.base_urls)}, which may read the name differently: serve one under another name"
            )


def _refuse_readings_of_nothing(control: Run, plans: Sequence[ArmPlan]) -> None:
    """Another reading reads the control's verdicts, another filter judges its intentions: they must be there."""
    for plan in plans:
        said = f"{plan.factor}={plan.value}"
        if plan.reading and not control.is_filtered:
            raise ExperimentRefused(f"{said}: run {control.name} asked no filter, so all of it is kept as it is")
        if plan.strictness == control.strictness:
            raise ExperimentRefused(f"{said} is the same as the control: leave one of them out")
        if plan.reading == Arm.Reading.STRICTNESS and _is_without_p(control):
            raise ExperimentRefused(f"{said}: no verdict of {control.name} has a probability, so strictness moves none")
        if plan.judges_control and control.state != Run.State.DONE:
            raise ExperimentRefused(
                f"{said} judges the intentions of {control.name}, which is {control.state}: wait until it is done"
            )


def _is_without_p(run: Run) -> bool:
    verdicts = Verdict.objects.filter(intention__run=run)
    return verdicts.exists() and not verdicts.filter(p_yes__isnull=False).exists()
