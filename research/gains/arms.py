"""The method and its controls: which records each is taught with."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count

from distillation.models import Intention, Run
from distillation.pipeline.relations import RELATIONS
from research.gains.refusals import GainRefused

METHOD, BASE = "method", "base"
STRICTNESSES = ("0.3", "0.5", "0.7")
DEFAULT = ("unfiltered", "random", *(f"strictness-{each}" for each in STRICTNESSES), "shuffled")
WORDS = {
    METHOD: "what the filter kept",
    "unfiltered": "all intentions, the filter not asked",
    "random": "as many as the filter kept, by chance: amount without choice",
    "shuffled": "kept intentions, each another co-buy's of its relation: form alone",
    "no-pictures": "a run that saw no pictures",
    "folkscope": "imported FolkScope: same source as the benchmark",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`run` is named where it is not the method's own."""

    name: str
    words: str
    run: str
    threshold: float | None = None
    drawn: bool = False
    every: bool = False
    shuffled: bool = False
    without: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def arms_parsed(text: str, run: Run) -> list[Arm]:
    """Of "unfiltered,strictness-0.3,without-usedFor,no-pictures=RUN"; the method first. Raises GainRefused."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip())) if text else _default(run)
    arms = [Arm(name=METHOD, words=WORDS[METHOD], run=run.name)]
    arms += [_arm(name, run) for name in names if name != "none"]
    if len({arm.name for arm in arms}) < len(arms):
        raise GainRefused(f"--arms {text}: an arm is named twice")
    return arms


def _default(run: Run) -> list[str]:
    """With all relations but the one that most of what is kept is in, where there are others."""
    kept = Intention.objects.filter(run=run).kept_of(run).order_by().values_list("relation")
    by_number = sorted(kept.annotate(n=Count("pk")), key=lambda row: (-row[1], row[0]))
    return [*DEFAULT, *(f"without-{relation}" for relation, _ in by_number[:1] if len(by_number) > 1)]


def _arm(name: str, run: Run) -> Arm:
    kind, _, other = name.partition("=")
    stem, _, rest = kind.partition("-")
    if kind in ("no-pictures", "folkscope"):
        return Arm(name=kind, words=WORDS[kind], run=_other_run(kind, other).name)
    if other:
        raise GainRefused(f"--arms {name}: only no-pictures and folkscope are of another run")
    if kind in ("unfiltered", "random"):
        return Arm(name=kind, words=WORDS[kind], run=run.name, every=True, drawn=kind == "random")
    if kind == "shuffled":
        return Arm(name=kind, words=WORDS[kind], run=run.name, shuffled=True)
    if stem == "strictness" and (threshold := _share(rest)) is not None:
        return Arm(name=kind, words=f"kept from p(yes) {rest} on", run=run.name, threshold=threshold)
    if stem == "without" and rest in RELATIONS:
        return Arm(name=kind, words=f"what the filter kept, without {rest}", run=run.name, without=rest)
    raise GainRefused(
        f"--arms {name}: give unfiltered, random, shuffled, strictness-0.3, without-RELATION, no-pictures=RUN, "
        "folkscope=RUN, or none"
    )


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _other_run(kind: str, name: str) -> Run:
    found = Run.objects.filter(name=name).first()
    if found is None:
        raise GainRefused(f"--arms {kind}={name}: there is no run of this name; give {kind}=RUN")
    if kind == "no-pictures" and found.config.get("with_images", True):
        raise GainRefused(f"--arms {kind}={name}: that run saw pictures; start one with distill --no-images")
    return found
