"""Import of judgments from a file of ours, or of Label Studio, into a study of the same items; all of it or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import User
from annotation.exchange.files import reading
from annotation.exchange.files.asins import Asins
from annotation.exchange.files.cells import Checker, ImportRefused
from annotation.exchange.files.label_studio import label_studio_rows
from annotation.exchange.staging import Staging
from annotation.judging.tallying import study_recompute
from annotation.models import Judgment, Participant, Study

UNITS = {"csv": "line", "jsonl": "line", "parquet": "row", "label-studio": "task"}
STATE_REASON = "excluded in the file that the judgments were imported from"


@dataclass(frozen=True, slots=True)
class Imported:
    study: str
    format: str
    rows: int
    judgments: int
    annotators: int
    annotators_made: int
    annotators_excluded: int
    matched_by: str
    items_weighted_otherwise: int


@transaction.atomic
def judgments_import(*, study: Study, path: Path, form: str = "auto", machine: bool = False) -> Imported:
    """Afterwards the figures equal those of the study that the file was exported from. Judging waits meanwhile."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.is_preference:
        raise ImportRefused("it can't be taken into a preference study; a study of ratings takes judgments from files")
    form = reading.format_of(path) if form == "auto" else form
    study_recompute(study)  # so that the items say what room they have
    staging = Staging(study, UNITS[form])
    checker = Checker(study, UNITS[form], Asins(_asins(study)))  # asked before the COPY, which holds the connection
    staging.fill(_staged(checker, study, path, form, machine))
    totals = staging.totals()
    if not totals.rows:
        raise ImportRefused("there is no judgment in it")
    matched_by = staging.match()
    staging.check(totals)
    _agree_on_simulation(study, totals.simulated, f"{UNITS[form]} {totals.first_line}")
    made = _participants_make(study, staging.pseudonyms())
    staging.write()
    study_recompute(study)
    return Imported(
        study=study.name,
        format=form,
        rows=totals.rows,
        judgments=totals.judgments,
        annotators=totals.annotators,
        annotators_made=len(made),
        annotators_excluded=sum(each.state == Participant.State.EXCLUDED for each in made),
        matched_by=matched_by,
        items_weighted_otherwise=staging.other_inclusions(),
    )


def _staged(checker: Checker, study: Study, path: Path, form: str, machine: bool) -> Iterator[tuple]:
    readers: dict[str, Callable[[BinaryIO], reading.Numbered]] = {
        "csv": partial(reading.csv_rows, machine=machine),
        "jsonl": reading.jsonl_rows,
        "parquet": reading.parquet_rows,
        "label-studio": partial(label_studio_rows, study=study),
    }
    with reading.opened(path) as file:
        for number, cells in readers[form](file):
            yield checker.staged(number, cells, cells.get("place"))


def _asins(study: Study) -> set[str]:
    cobuys = study.items.values_list("intention__cobuy__a__asin", "intention__cobuy__b__asin")
    return {asin for pair in cobuys.iterator() for asin in pair}


def _agree_on_simulation(study: Study, simulated: bool, where: str) -> None:
    if simulated == study.simulated:
        return
    if Judgment.objects.filter(participant__study=study).exists():
        raise ImportRefused(f"{where}: simulated judgments, made by a program, can't stand beside people's")
    study.simulated = simulated
    study.save(update_fields=["simulated"])


def _participants_make(study: Study, excluded: dict[str, bool]) -> list[Participant]:
    """Make the file's annotators, with accounts that nobody can sign in to: who these people are is not known here."""
    # One unusable password for all: it is no secret, and to draw each anew takes a while.
    password = make_password(None)
    names = {pseudonym: f"imported-{study.pk}-{pseudonym}" for pseudonym in excluded}
    User.objects.bulk_create(
        (User(username=name, password=password, is_active=False) for name in names.values()), ignore_conflicts=True
    )
    users = {user.username: user for user in User.objects.filter(username__in=names.values())}
    states = {True: Participant.State.EXCLUDED, False: Participant.State.ACTIVE}
    return Participant.objects.bulk_create(
        Participant(
            study=study,
            annotator=users[names[pseudonym]],
            pseudonym=pseudonym,
            state=states[is_excluded],
            state_reason=STATE_REASON if is_excluded else "",
        )
        for pseudonym, is_excluded in excluded.items()
    )
