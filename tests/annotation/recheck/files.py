"""Exports of a study, and what may have happened to them."""

import csv
import io
from collections.abc import Callable
from uuid import uuid4

from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_csv, judgments_stream
from annotation.judging.allocation import item_next
from annotation.judging.writing import audit_save, judgment_revise
from annotation.models import Judgment, Lease, Participant, Study
from annotation.recheck.check import Check
from tests.annotation.builders import save


def judge_all(who: Participant, every: int, most: int = 25) -> None:
    """A no for each `every`-th."""
    for i in range(most):
        if not isinstance(lease := item_next(participant=who), Lease):
            return
        judgment = save(lease, int(i % every > 0), i % 4 if i % every else None)
        if judgment.audit_asked:
            audit_save(participant=who, judgment_id=judgment.pk, filter_right=i % 5 > 0)


def revise(judgment: Judgment, plausibility: int) -> None:
    typicality = 1 if plausibility else None
    judgment_revise(participant=judgment.participant, judgment_id=judgment.pk, submission=uuid4(),
                    plausibility=plausibility, typicality=typicality)  # fmt: skip


def exported(made: Study) -> bytes:
    return b"".join(judgments_csv(made))


def changed(exported: bytes, change: Callable[[list[dict]], None]) -> io.BytesIO:
    rows = list(csv.DictReader(io.StringIO(exported.decode())))
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode())


def where(check: Check) -> set[str]:
    return {each.figure.split(".")[0] for each in check.differences}


def revisions(made: Study) -> bytes:
    return b"".join(judgments_stream(Rows(made, Options(revisions=True))))
