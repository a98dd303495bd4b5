"""Label Studio's tasks as rows of judgments: ours, and those that Label Studio has exported again."""

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from annotation.exchange.exports.label_studio import BESIDE, DATA, MAIL
from annotation.exchange.files.blocks import Numbered
from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.reading import json_tasks
from annotation.models import Kind, Study
from annotation.scales import Question

# What is lost where Label Studio kept only its own fields.
DEFAULTS = {"kind": Kind.ITEM, "counts": True, "left_product": "a"}


def label_studio_rows(file: BinaryIO, study: Study) -> Numbered:
    values = {question.name: _values(question) for question in study.questions}
    for number, task in json_tasks(file):
        try:
            data, annotations = task["data"], task["annotations"]
            known = {name: data[name] for name in DATA if name in data}
            for annotation in annotations:
                if not annotation.get("was_cancelled"):
                    yield number, {**known, **_cells(annotation, values, study)}
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ImportRefused(f"task {number} is no task of Label Studio with data and annotations") from error


def _cells(annotation: dict, values: dict[str, dict[str, int]], study: Study) -> dict[str, object]:
    said: dict[str, Any] = dict(_said(annotation["result"]))
    ratings = {name: labels.get(said.get(name, ""), said.get(name)) for name, labels in values.items()}
    judged_at = annotation["created_at"]
    return {
        "study_version": study.version,
        **DEFAULTS,
        "audited_at": judged_at,
        **{name: annotation[name] for name in BESIDE if name in annotation},
        **ratings,
        **{name: said.get(name) for name in ("audit", "audit_reason", "comment")},
        "annotator": said.get("annotator") or _pseudonym(annotation["completed_by"]),
        "seconds": annotation.get("lead_time"),
        "judged_at": judged_at,
        "place": annotation["id"] if isinstance(annotation.get("id"), int) else None,
    }


def _said(results: list[dict]) -> Iterator[tuple[str, object]]:
    for result in results:
        value = result["value"]
        said = value.get("choices") or value.get("text")
        yield result["from_name"], said[0] if isinstance(said, list) else said


def _pseudonym(who: object) -> str:
    """An address or a number of Label Studio's is not taken over: pseudonyms go into exports."""
    address = str(who.get("email", who.get("id"))) if isinstance(who, dict) else str(who)
    if address.endswith(MAIL):
        return address.removesuffix(MAIL)
    return f"LS-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def _values(question: Question) -> dict[str, int]:
    return {option.label: option.value for option in question.options}
