import json
from pathlib import Path
from typing import Any

from research.questions.records import Question

SHARED = Path(__file__).parents[4] / "shared/data/intentionqa"
OPTIONS = {"A": "because they both are warm.", "B": "because they are red.", "C": "because of a trip.", "D": "for fun."}


def question(**changed: Any) -> Question:
    given: dict[str, Any] = {"task": "understanding", "key": "FS_1", "stem": "Why?\n", "options": OPTIONS, "gold": "B"}
    return Question(**given | changed)


def row(n: int, **changed: Any) -> dict[str, Any]:
    """A line of IntentionQA's files."""
    given = {
        "id": f"FS_{n}", "item_a_id": f"A{n // 2:09}", "item_b_id": f"B{n // 2:09}", "item_a_name": f"Hat {n // 2} red",
        "item_b_name": f"Scarf {n // 2}", "relation": "all", "typicality": 0.6, "gold_ind": "ABCD"[n % 4],
        "assertion": f"PersonX bought Item A and Item B because reason {n}.",
        "options": {letter: f"because of {letter} {n}." for letter in "ABCD"},
    }  # fmt: skip
    return given | changed


def written(folder: Path, rows: list[dict[str, Any]], *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names or ("QA_fullInfo_task1.jsonl", "QA_fullInfo_task2.jsonl"):
        (folder / name).write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return folder
