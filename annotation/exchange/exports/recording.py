"""A record of each export (who, when, which judgments), and the manifest that goes beside the file."""

import hashlib
from collections.abc import Iterator

from django.db.models.functions import Now

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.exchange.exports.label_studio import labelling_configuration
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.models import ExportRecord, Study
from annotation.scales import questions_from_json
from common.version import __version__
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record


def export_start(*, study: Study, options: Options, by: User | None = None) -> tuple[ExportRecord, Iterator[bytes]]:
    record = ExportRecord.objects.create(
        study=study,
        format=options.format,
        options=options.as_json() | {"strictness": dict(study.runs.order_by("pk").values_list("name", "strictness"))},
        study_version=study.version,
        software_version=__version__,
        created_by=by,
    )
    deed_record(kind=Deed.Kind.EXPORT, by=by, about=study.name, what="judgments", format=options.format)
    if by:
        exposure_record(user=by, runs=study.runs.values_list("pk", flat=True), where=Exposure.Where.FILE)
    return record, _recorded(record, Rows(study, options))


def _recorded(record: ExportRecord, rows: Rows) -> Iterator[bytes]:
    digest, held = hashlib.sha256(), b""
    for piece in judgments_stream(rows):
        digest.update(piece)
        if held:
            yield held
        held = piece
    record.rows, record.sha256, record.snapshot_at = rows.n_copied, digest.hexdigest(), rows.snapshot_at
    record.finished_at = Now()
    record.save(update_fields=["rows", "sha256", "snapshot_at", "finished_at"])
    # The last piece leaves after this: who has the whole file finds its manifest complete.
    yield held


def manifest(record: ExportRecord) -> dict[str, object]:
    study = record.study
    return {
        "software": {"name": "mindsite", "version": record.software_version},
        "study": {
            "name": study.name,
            "protocol_version": record.study_version,
            "questions": _scales(record),
            "overlap": study.overlap,
            "items": study.n_items,
        },
        "format": record.format,
        **record.options,
        **({"labelling_configuration": configuration(record)} if has_configuration(record) else {}),
        "snapshot": record.snapshot_at and record.snapshot_at.isoformat(),
        "complete": record.finished_at is not None,
        "row_count": record.rows,
        "sha256": record.sha256,
    }


def has_configuration(record: ExportRecord) -> bool:
    return record.format == "label-studio"


def configuration(record: ExportRecord) -> str:
    """What Label Studio's project is set up with for this file."""
    return labelling_configuration(questions_from_json(_scales(record)))


def _scales(record: ExportRecord) -> list[dict]:
    """The questions as they were asked at the time of the export."""
    earlier = record.study.versions.filter(number=record.study_version).first()
    return earlier.protocol["scales"] if earlier else record.study.scales
