"""Judgments that go out into files and come back."""

import csv
import io
from pathlib import Path
from uuid import uuid4

from django.core.management import call_command

from accounts.models import User
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.judging.allocation import item_next
from annotation.judging.quality.interventions import participant_exclude
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import audit_save, comment_save, judgment_revise
from annotation.models import Judgment, Participant, Study
from tests.annotation.builders import judge, participant, save, study
from tests.distillation.builders import finished_run

GOLD = [
    "asin_a,asin_b,relation,plausibility,typicality,explanation",
    "B000000004,B000000005,isA,1,2,Because.",
]
COMMENTS = ["=1+1", "'=1", "'", 'a "b"\r\nc', "\\.", "ünïcödé 🛒"]


def study_of_four() -> Study:
    """Two items, judged by two annotators alike."""
    made = study(run=finished_run(2, model="=rules"), items=2, overlap=2)
    for name in ("ann-1", "ann-2"):
        for _ in range(2):
            judge(participant(made, name), 1, 3, right=False)
    return made


def study_judged(researcher: User) -> Study:
    """Six items, two judgments each, more of an annotator who is excluded, gold, revisions before and after the
    reveal, comments that begin as formulas do."""
    asked = {"strata": ["verdict"], "gold": GOLD, "qualification_items": 1, "audit_share": 0.5}
    made = study(run=finished_run(4), items=6, overlap=2, **asked)
    out = participant(made, "out")
    _judge(out, 3)
    participant_exclude(participant=out, reason="a test", by=researcher)
    for name in ("ann-1", "ann-2"):
        _judge(participant(made, name), 7)
    for comment, judgment in zip(COMMENTS, Judgment.objects.order_by("pk"), strict=False):
        comment_save(participant=judgment.participant, judgment_id=judgment.pk, comment=comment)
    return made


def _judge(who: Participant, n: int) -> None:
    for i in range(n):
        judgment = save(item_next(participant=who), (i + who.pk) % 2, i % 4, active_seconds=1.23456)
        if judgment.audit_asked:
            right = bool(i % 3)
            audit_save(participant=who, judgment_id=judgment.pk, filter_right=right, reason="" if right else "need")
        if i in (1, 2):
            ratings = {"plausibility": i % 2, "typicality": 3}
            judgment_revise(participant=who, judgment_id=judgment.pk, submission=uuid4(), **ratings)


def exported(made: Study, form: str = "csv", **options) -> bytes:
    return b"".join(judgments_stream(Rows(made, Options(format=form, **options))))


def emptied(made: Study) -> None:
    """Judgments and annotators gone; the sample stays."""
    Judgment.objects.all().delete()
    Participant.objects.all().delete()
    study_recompute(made)


def imported(content: bytes, path: Path, study_name: str = "S", **options) -> None:
    path.write_bytes(content)
    call_command("import_judgments", study_name, path, **options)


def rows_of(content: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def written(rows: list[dict]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
