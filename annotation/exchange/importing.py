"""Import of judgments from a file of ours, or of Label Studio, into a study of the same items; all of it or nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import User
from annotation.exchange.files import reading
from annotation.exchange.files.asins import Asins
from annotation.exchange.files.blocks import Block, blocks_of, rows_of
from annotation.exchange.files.cells import Checker, ImportRefused
from annotation.exchange.files.label_studio import label_studio_rows
from annotation.exchange.staging import Staging
from annotation.judging.tallying import study_recompute
from annotation.models import Judgment, Participant, Study

UNITS = {"csv": "line", "jsonl": "line", "parquet": "row", "label-studio": "task"}
SHOWN = 5  # rows of a file that is looked at
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


@dataclass(frozen=True, slots=True)
class Seen:
    """Of a file that was only looked at; `first` are its first rows as read."""

    rows: int
    judgments: int
    matched_by: str
    first: list[Mapping[str, Any]]


@transaction.atomic
def judgments_import(*, study: Study, path: Path, form: str = "auto", machine: bool = False) -> Imported:
    """Afterwards the figures equal those of the study that the file was exported from. Judging waits meanwhile."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    _refuse_preferences(study)
    form = reading.format_of(path) if form == "auto" else form
    study_recompute(study)  # so that the items say what room they have
    staging = Staging(study, UNITS[form])
    checker = Checker(study, UNITS[form], Asins(_asins(study)))  # asked before the COPY, which holds the connection
    staging.fill(chain.from_iterable(map(checker.staged, _blocks(study, path, form, machine))))
    totals = staging.totals()
    if not totals.rows:
        raise ImportRefused("there is no judgment in it")
    matched_by = staging.match()
    staging.check(totals)
    _agree_on_simulation(study, totals.simulated, f"{UNITS[form]} {totals.first_line}")
    made = _participants_make(study, staging.pseudonyms())
    is_first = not Judgment.objects.filter(participant__study=study).exists()
    staging.write(totals.rows)
    study_recompute(study, tallies=not is_first)
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


@transaction.atomic
def judgments_look(*, study: Study, path: Path, lines: int, form: str = "auto", machine: bool = False) -> Seen:
    """The same readers, matches and refusals over so many rows; nothing stays, and judging does not wait."""
    _refuse_preferences(study)
    form = reading.format_of(path) if form == "auto" else form
    staging = Staging(study, UNITS[form])
    checker = Checker(study, UNITS[form], Asins(_asins(study)))
    numbered = list(islice(rows_of(_blocks(study, path, form, machine)), lines + 1))
    staging.fill(chain.from_iterable(map(checker.staged, blocks_of(numbered[:lines]))))
    totals = staging.totals()
    if not totals.rows:
        raise ImportRefused("there is no judgment in it")
    matched_by = staging.match()
    if len(numbered) <= lines:  # else later rows may be missing to those
        staging.check(totals)
    transaction.set_rollback(True)
    return Seen(totals.rows, totals.judgments, matched_by, [cells for _, cells in numbered[:SHOWN]])


def _refuse_preferences(study: Study) -> None:
    if study.is_preference:
        raise ImportRefused("it can't be taken into a preference study; a study of ratings takes judgments from files")


def _blocks(study: Study, path: Path, form: str, machine: bool) -> Iterator[Block]:
    readers: dict[str, Callable[[BinaryIO], Iterator[Block]]] = {
        "csv": partial(reading.csv_blocks, machine=machine),
        "jsonl": lambda file: blocks_of(reading.jsonl_rows(file)),
        "parquet": reading.parquet_blocks,
        "label-studio": lambda file: blocks_of(label_studio_rows(file, study)),
    }
    with reading.opened(path) as file:
        yield from readers[form](file)


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
