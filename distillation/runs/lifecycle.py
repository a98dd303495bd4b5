"""A run renamed, archived, deleted."""

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.functions import Now

from accounts.models import Deed, User
from accounts.trail import deed_record
from common.rows import row_rename
from common.tidying import typed_refuse
from common.words import counted
from distillation.models import Batch, Intention, Run
from distillation.runs.services import RunRefused


@transaction.atomic
def run_rename(*, run: Run, name: str, by: User | None) -> None:
    if before := row_rename(run, name, lock="run_start", refused=RunRefused):
        deed_record(kind=Deed.Kind.RENAMED, by=by, about=run.name, what="run", before=before)


@transaction.atomic
def run_archive(*, run: Run, by: User | None) -> None:
    """Out of the lists; nothing else changes."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state == Run.State.RUNNING:
        raise RunRefused(f"Run {run.name} goes on; pause or cancel it before it goes to the archive")
    if Run.objects.filter(pk=run.pk).archive():
        deed_record(kind=Deed.Kind.ARCHIVED, by=by, about=run.name, what="run")


@transaction.atomic
def run_unarchive(*, run: Run, by: User | None) -> None:
    if Run.objects.filter(pk=run.pk).archive(False):
        deed_record(kind=Deed.Kind.UNARCHIVED, by=by, about=run.name, what="run")


def run_held(run: Run) -> list[str]:
    """Why it can't be deleted now, a line for each reason."""
    lines = []
    if run.state == Run.State.RUNNING:
        lines.append("It goes on: pause or cancel it first")
    elif run.cobuys.filter(claimed_until__gt=Now()).exists():
        lines.append("A worker still writes what it had in hand: try again in a minute")
    if Batch.objects.filter(run=run).out().exists():
        lines.append("Batches of it are out: they are called off within a minute of cancelling it")
    lines += [f"The study {study.name} is of it: delete the study first" for study in run.studies.order_by("pk")]
    return lines + _holders(run)


def _holders(run: Run) -> list[str]:
    """What of other parts rests on it, beside studies and their items."""
    lines = []
    for relation in _relations(Run, models.PROTECT):
        rows = relation.related_model._default_manager.filter(**{relation.field.name: run})
        if relation.related_model._meta.model_name == "item" or not rows.exists():
            continue
        what = relation.related_model._meta.verbose_name
        names = sorted({str(getattr(row, "experiment", row)) for row in rows})
        lines.append(f"It is the run of {counted(rows.count(), str(what))} ({', '.join(names)}): delete that first")
    return lines


def run_contents(run: Run) -> list[str]:
    """What goes with it."""
    verdicts = Intention.objects.filter(run=run, verdict__isnull=False).count()
    n = {"intention": run.intentions.count(), "verdict": verdicts, "failure": run.failures.count()}
    return [counted(number, thing) for thing, number in n.items() if number]


@transaction.atomic
def run_delete(*, run: Run, typed: str, by: User | None) -> None:
    """For good, with its intentions and verdicts. The features that it asked for stay: another run may find them."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    typed_refuse(typed, run.name, "run", RunRefused)
    if held := run_held(run):
        raise RunRefused(f"{held[0]}; nothing was deleted")
    deed_record(kind=Deed.Kind.DELETED, by=by, about=run.name, what="run", intentions=run.intentions.count())
    # Millions of rows: one statement a table, none of them read. Foreign keys are checked when all are gone.
    for relation in _relations(Intention, models.CASCADE):
        _rows_delete(relation, {f"{relation.field.name}__run": run})
    for relation in _relations(Run, models.CASCADE):
        _rows_delete(relation, {relation.field.name: run})
    run.delete()


def _relations(model: type[models.Model], on_delete: object) -> list[models.ManyToOneRel]:
    """Rows of whatever app that refer to this model; apps above are not to be named here."""
    fields = model._meta.get_fields(include_hidden=True)
    return [each for each in fields if isinstance(each, models.ManyToOneRel) and each.on_delete is on_delete]


def _rows_delete(relation: models.ManyToOneRel, chosen: dict[str, Run]) -> None:
    relation.related_model._base_manager.filter(**chosen)._raw_delete(DEFAULT_DB_ALIAS)
