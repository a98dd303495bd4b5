"""Looks at instruction data before anything heavy is loaded, line by line: it may be larger than memory."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from research.trainings.trainer.events import Refused

TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"


@dataclass(frozen=True)
class Data:
    train: int
    validation: int
    digest: str  # SHA-256 of the records to train on


def data_checked(folder: Path) -> Data:
    """Raises Refused, naming file and line."""
    path = folder / TRAIN
    if not path.is_file():
        raise Refused(f"{path} is missing: give --data a folder that export_instructions has written")
    train, digest = _read(path)
    if not train:
        raise Refused(f"{path} has no record: there is nothing to train on")
    told = _told(folder).get(TRAIN)
    if told and told != digest:
        raise Refused(f"{path} is not the file that manifest.json describes: export the data again")
    other = folder / VALIDATION
    return Data(train, _read(other)[0] if other.is_file() else 0, digest)


def _told(folder: Path) -> dict[str, str]:
    """SHA-256 by file, as the manifest has it, where there is one."""
    try:
        files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        return {each["name"]: each["sha256"] for each in files}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _read(path: Path) -> tuple[int, str]:
    digest, n = sha256(), 0
    with path.open("rb") as file:
        for n, line in enumerate(file, start=1):
            digest.update(line)
            if why := _problem(line):
                raise Refused(f"{path}, line {n}: {why}")
    return n, digest.hexdigest()


def _problem(line: bytes) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return "this is no JSON"
    if not isinstance(record, dict):
        return "a record must be an object with messages"
    if "images" in record:
        return "it has pictures (images), and a text model takes none: leave those records out"
    messages = record.get("messages")
    if not isinstance(messages, list) or not all(_is_message(each) for each in messages):
        return "messages must be a list of role and content, both text"
    if not messages or messages[-1]["role"] != "assistant":
        return "the last message must be the assistant's, for it is what is learnt"
    return ""


def _is_message(each: object) -> bool:
    return isinstance(each, dict) and all(isinstance(each.get(key), str) for key in ("role", "content"))
