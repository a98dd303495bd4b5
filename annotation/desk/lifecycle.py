"""A study renamed, archived, deleted. What is deleted has been exported before, as it stood at the end."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design.protocol import StudyRefused
from annotation.design.services import name_refuse
from annotation.models import ExportRecord, Judgment, JudgmentRevision, Study
from common.tidying import typed_refuse
from common.words import counted


@transaction.atomic
def study_rename(*, study: Study, name: str, by: User | None) -> None:
    before, name = study.name, name.strip()
    if name == before:
        return
    name_refuse(name)
    try:
        with transaction.atomic():
            Study.objects.filter(pk=study.pk).update(name=name)
    except IntegrityError as error:  # two researchers chose it at once
        raise StudyRefused(f"There is a study named {name} already; choose another name") from error
    study.name = name
    deed_record(kind=Deed.Kind.STUDY_RENAMED, by=by, about=name, before=before)


@transaction.atomic
def study_archive(*, study: Study, by: User | None) -> None:
    """Out of the lists of researchers and annotators; pages, figures and exports stay."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.state == Study.State.OPEN:
        raise StudyRefused(f"The study {study.name} is open; close it before it goes to the archive")
    if Study.objects.filter(pk=study.pk).archive():
        deed_record(kind=Deed.Kind.STUDY_ARCHIVED, by=by, about=study.name)


@transaction.atomic
def study_unarchive(*, study: Study, by: User | None) -> None:
    if Study.objects.filter(pk=study.pk).archive(False):
        deed_record(kind=Deed.Kind.STUDY_UNARCHIVED, by=by, about=study.name)


@transaction.atomic
def study_delete(*, study: Study, typed: str, by: User | None) -> None:
    """For good, with its judgments: after its name was typed, and all of them exported since the last change."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    typed_refuse(typed, study.name, "study", StudyRefused)
    if study.state == Study.State.OPEN:
        raise StudyRefused(f"The study {study.name} is open; close it before it is deleted")
    n = Judgment.objects.filter(participant__study=study).count()
    if n and not exported_whole(study):
        raise StudyRefused(
            f"{counted(n, 'judgment')} would be lost: export them first, all of them and every revision "
            "(rows: revisions, no filter), and delete the study then"
        )
    deed_record(kind=Deed.Kind.STUDY_DELETED, by=by, about=study.name, items=study.n_items, judgments=n)
    study.delete()


def exported_whole(study: Study) -> ExportRecord | None:
    """The last export that has all as it stands now: complete, without filters, with each revision."""
    exports = study.exports.filter(finished_at__isnull=False, options__rows="revisions", options__filters={})
    latest = exports.order_by("-snapshot_at").first()
    if latest is None or latest.snapshot_at is None or latest.rows != _rows(study):
        return None
    changed = _last_change(study)
    return latest if changed is None or latest.snapshot_at >= changed else None


def _rows(study: Study) -> int:
    """What an export of each revision has, so that no judgment that was being saved meanwhile is lost."""
    revisions = JudgmentRevision.objects.filter(judgment__participant__study=study)
    return Judgment.objects.filter(participant__study=study).count() + revisions.count()


def _last_change(study: Study) -> datetime | None:
    judgments = Judgment.objects.filter(participant__study=study)
    moments = judgments.aggregate(a=Max("created_at"), b=Max("audited_at"), c=Max("left_out_at"))
    revised = JudgmentRevision.objects.filter(judgment__participant__study=study).aggregate(at=Max("created_at"))
    return max(filter(None, (*moments.values(), revised["at"])), default=None)
