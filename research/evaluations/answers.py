"""Every answer as a row: what was asked, which letters it is by either rule, what was said."""

from collections.abc import Iterator
from typing import Any

from common.copying import inert_text
from research.models import Evaluation
from research.questions.records import LETTERS

HEADER = (
    "evaluation", "answered_by", "mode", "task", "question", "cobuy", "relation", "band", "sample", "order", "gold",
    "strict", "lenient", "failure", "raw",
)  # fmt: skip


def answer_rows(made: Evaluation) -> Iterator[dict[str, Any]]:
    """Letters as they were shown; gold too."""
    rows = made.answers.select_related("question").order_by("question__task", "question__place", "sample")
    for answer in rows.iterator(chunk_size=2_000):
        question = answer.question
        yield {
            "evaluation": made.name, "answered_by": made.maker, "mode": made.mode, "task": question.task,
            "question": question.key, "cobuy": question.cluster, "relation": question.relation, "band": question.band,
            "sample": answer.sample, "order": answer.order,
            "gold": LETTERS[answer.order.index(question.gold)] if answer.order else question.gold,
            "strict": inert_text(answer.strict), "lenient": answer.lenient, "failure": answer.failure,
            "raw": inert_text(answer.raw),
        }  # fmt: skip
