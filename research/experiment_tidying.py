"""An experiment renamed, archived, deleted. Its runs stay: they are runs as all others."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.models import Deed, User
from accounts.requests import PersonRequest
from accounts.trail import deed_record
from common.refusals import Refused
from common.rows import row_rename
from common.tidying import Tidying, tidying_answer, typed_refuse
from common.words import counted
from distillation.models import Run
from research.models import Experiment, Followed


class ExperimentKept(Refused):
    """What is asked can't be done to this experiment."""


@transaction.atomic
def experiment_rename(*, experiment: Experiment, name: str, by: User | None) -> None:
    if before := row_rename(experiment, name, lock=Experiment._meta.db_table, refused=ExperimentKept):
        deed_record(kind=Deed.Kind.RENAMED, by=by, about=experiment.name, what="experiment", before=before)


@transaction.atomic
def experiment_archive(*, experiment: Experiment, on: bool, by: User | None) -> None:
    """Out of the list or back; its runs are archived for themselves."""
    if on and (held := experiment_held(experiment)):
        raise ExperimentKept(held[0])
    if Experiment.objects.filter(pk=experiment.pk).archive(on):
        kind = Deed.Kind.ARCHIVED if on else Deed.Kind.UNARCHIVED
        deed_record(kind=kind, by=by, about=experiment.name, what="experiment")


def experiment_held(experiment: Experiment) -> list[str]:
    going = experiment.arms.filter(run__state=Run.State.RUNNING).select_related("run")
    return [f"The run {name} goes on: pause or cancel it first" for name in sorted({arm.run.name for arm in going})]


@transaction.atomic
def experiment_delete(*, experiment: Experiment, typed: str, by: User | None) -> None:
    experiment = Experiment.objects.select_for_update().get(pk=experiment.pk)
    typed_refuse(typed, experiment.name, "experiment", ExperimentKept)
    if held := experiment_held(experiment):
        raise ExperimentKept(f"{held[0]}; nothing was deleted")
    deed_record(kind=Deed.Kind.DELETED, by=by, about=experiment.name, what="experiment", arms=experiment.arms.count())
    experiment.delete()


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def experiment_tidy(request: PersonRequest, name: str) -> HttpResponse:
    return tidying_answer(request, _tidying(get_object_or_404(Experiment, name=name), request.user))


def _tidying(experiment: Experiment, by: User) -> Tidying:
    def rename(name: str) -> str:
        experiment_rename(experiment=experiment, name=name, by=by)
        return reverse("experiment-tidy", args=[experiment.name])

    answers = Followed.objects.filter(arm__experiment=experiment).count()
    goes = [counted(experiment.arms.count(), "arm"), *([counted(answers, "answer to the blunt test")] * bool(answers))]
    files = {"figures as JSON": "experiment-json", "figures as CSV": "experiment-csv"}
    return Tidying(
        what="experiment",
        name=experiment.name,
        page=reverse("experiment", args=[experiment.name]),
        all=reverse("experiment-list"),
        archived_at=experiment.archived_at,
        goes=goes,
        stays="The runs stay, with their intentions and studies, until they are deleted themselves.",
        held=experiment_held(experiment),
        exports=[(reverse(route, args=[experiment.name]), words) for words, route in files.items()],
        rename=rename,
        archive=lambda on: experiment_archive(experiment=experiment, on=on, by=by),
        delete=lambda typed: experiment_delete(experiment=experiment, typed=typed, by=by),
    )
