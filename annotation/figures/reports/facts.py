"""What was done in a study, as the database has it: nothing of it is assumed. Words for it stand in `methods`."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q, QuerySet

from accounts.models import Link, User
from annotation.design.planning.fixed import plan_of
from annotation.models import Judgment, Kind, Participant, Skip, Study
from common.complete import fully_judged_q
from common.counting import counting_sql
from distillation.models import Run

NAMED = {"baseline": "rules on titles and pixels, no model"}
IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """`model_saw_pictures` is None where the intentions were made elsewhere, or by no model."""

    name: str
    backend: str
    model: str
    model_saw_pictures: bool | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """Sampled items by how many of their two products have a picture."""

    both: int
    one: int
    none: int


@dataclass(frozen=True, slots=True)
class Checks:
    """Of the study as set up, and answers to gold items and repeats so far."""

    gold_items: int
    gold_answers: int
    qualification_items: int
    qualification_pass: int
    qualification_tries: int
    qualified: int
    not_qualified: int
    repeat_share: float
    repeats: int
    extra_votes: int
    extra_given: int
    rules: dict


@dataclass(frozen=True, slots=True)
class Times:
    """Active seconds on a judgment that counts: quartiles; None without judgments."""

    lower: float | None
    median: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Recruitment:
    """Groups with how many people they have, links by kind with how many came by them, judges by crowd platform."""

    groups: dict[str, int]
    links: dict[str, int]
    crowd: dict[str, int]
    took_part: int


@dataclass(frozen=True, slots=True)
class PlanFacts:
    figure: str
    items: int
    half_width: float | None
    fixed_at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Response:
    """Sampled items by how far their judgments are, and skips by reason."""

    items: int
    complete: int
    some: int
    none: int
    skips: dict[str, int]


@dataclass(frozen=True, slots=True)
class Facts:
    """`first` and `last` are of judgments that count; `changes` are those of the protocol after the first judgment."""

    runs: list[RunFacts]
    pictures: Pictures
    guidelines: str
    checks: Checks
    times: Times
    recruitment: Recruitment
    plan: PlanFacts | None
    changes: list[datetime]
    response: Response
    first: datetime | None
    last: datetime | None

    def as_dict(self) -> dict:
        return asdict(self)


def facts_of(study: Study) -> Facts:
    first, last, times = _when(study)
    return Facts(
        runs=[RunFacts(run.name, run.backend, run.model, _saw(run.backend, run.config)) for run in _runs(study)],
        pictures=_pictures(study),
        guidelines=study.guidelines,
        checks=_checks(study),
        times=times,
        recruitment=_recruitment(study),
        plan=_plan(study),
        changes=list(study.versions.order_by("number").values_list("created_at", flat=True)),
        response=_response(study),
        first=first,
        last=last,
    )


def _runs(study: Study) -> QuerySet[Run]:
    return study.runs.order_by("pk")


def _saw(backend: str, config: dict) -> bool | None:
    return None if backend in NAMED or backend == IMPORTED else bool(config.get("with_images"))


def _pictures(study: Study) -> Pictures:
    a, b = (f"intention__cobuy__{product}__picture__isnull" for product in "ab")
    counted = study.items.sampled().aggregate(
        both=Count("pk", filter=Q(**{a: False, b: False})),
        none=Count("pk", filter=Q(**{a: True, b: True})),
        n=Count("pk"),
    )
    return Pictures(counted["both"], counted["n"] - counted["both"] - counted["none"], counted["none"])


def _checks(study: Study) -> Checks:
    kinds = Counter(dict(_judgments(study).order_by().values_list("kind").annotate(n=Count("pk"))))
    people = study.participants.aggregate(
        qualified=Count("pk", filter=Q(qualified_at__isnull=False)),
        not_qualified=Count("pk", filter=Q(state=Participant.State.UNQUALIFIED)),
    )
    return Checks(
        gold_items=study.items.filter(gold__isnull=False).count(),
        gold_answers=kinds[Kind.GOLD],
        qualification_items=study.qualification_items,
        qualification_pass=study.qualification_pass,
        qualification_tries=study.qualification_tries,
        repeat_share=study.repeat_share,
        repeats=kinds[Kind.REPEAT],
        extra_votes=study.extra_votes,
        extra_given=kinds[Kind.EXTRA],
        rules=study.rules,
        **people,
    )


def _judgments(study: Study) -> QuerySet[Judgment]:
    return Judgment.objects.filter(participant__study=study)


_WHEN = f"""
    SELECT min(j.created_at), max(j.created_at),
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY j.active_seconds)
    FROM annotation_judgment j JOIN annotation_participant p ON p.id = j.participant_id
    WHERE p.study_id = %s AND {counting_sql()}
"""  # noqa: S608 - a rule of our own


def _when(study: Study) -> tuple[datetime | None, datetime | None, Times]:
    with connection.cursor() as cursor:
        cursor.execute(_WHEN, [study.pk])
        first, last, quartiles = cursor.fetchone()
    return first, last, Times(*(quartiles or (None, None, None)))


def _recruitment(study: Study) -> Recruitment:
    active = Count("user", filter=Q(user__is_active=True))
    links = Link.objects.filter(study=study, n_used__gt=0).order_by().values_list("kind", "n_used")
    used: Counter[str] = Counter()
    for kind, n in links:
        used[kind] += n
    judges = User.objects.filter(participations__study=study, participations__n_judged__gt=0)
    crowd = judges.exclude(crowd_platform="").order_by().values_list("crowd_platform").annotate(n=Count("pk"))
    return Recruitment(
        groups=dict(study.groups.order_by("name").annotate(n=active).values_list("name", "n")),
        links=dict(used),
        crowd=dict(crowd),
        took_part=judges.count(),
    )


def _plan(study: Study) -> PlanFacts | None:
    plan = plan_of(study)
    return PlanFacts(plan.figure, plan.items, plan.half_width, plan.fixed_at, str(plan)) if plan else None


def _response(study: Study) -> Response:
    items = study.items.sampled().aggregate(
        items=Count("pk"),
        complete=Count("pk", filter=fully_judged_q()),
        none=Count("pk", filter=Q(n_judged=0)),
    )
    skips = (
        Skip.objects.sampled()
        .filter(item__study=study)
        .order_by("reason")
        .values_list("reason")
        .annotate(n=Count("pk"))
    )
    some = items["items"] - items["complete"] - items["none"]
    return Response(items["items"], items["complete"], some, items["none"], dict(skips))
