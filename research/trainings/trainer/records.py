"""Chats as tokens, of which only the last answer is learnt; any chat template will do that writes the answer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset
from transformers import PreTrainedTokenizerBase

from research.trainings.trainer.data import TRAIN, VALIDATION
from research.trainings.trainer.events import Refused

UNLEARNT = -100


def tokenised(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], longest: int) -> dict[str, Any]:
    """The answer begins where the whole chat differs from what the model is given to answer."""
    asked = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template(messages, tokenize=False)
    before, ids = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, whole))
    start = next((i for i, pair in enumerate(zip(before, ids, strict=False)) if pair[0] != pair[1]), len(before))
    labels = [UNLEARNT] * min(start, len(ids)) + ids[start:]
    return {
        "input_ids": ids[:longest], "labels": labels[:longest],
        "learnt": sum(label != UNLEARNT for label in labels[:longest]), "cut": len(ids) > longest,
    }  # fmt: skip


def records(folder: Path, cache: Path, tokenizer: PreTrainedTokenizerBase, longest: int) -> dict[str, Dataset]:
    """By split, with what has nothing to learn left out. Raises Refused where that is all there is."""
    names = {"train": TRAIN, "validation": VALIDATION}
    files = {split: str(folder / name) for split, name in names.items() if _has_records(folder / name)}
    made = {}
    for split, path in files.items():
        read = load_dataset("json", data_files=path, split="train", cache_dir=str(cache)).select_columns(["messages"])
        each = read.map(lambda row: tokenised(tokenizer, row["messages"], longest), remove_columns=["messages"])
        made[split] = each.filter(lambda row: row["learnt"] > 0)
        made[split].n_read = len(read)
        made[split].n_cut = sum(_column(each, "cut"))
    if not len(made["train"]):
        raise Refused(
            "No token would be trained on: with this base's chat template no record has an answer to learn within "
            f"--max-length {longest}; give a longer one, another base, or --chat-template FILE"
        )
    if "validation" in made and not len(made["validation"]):
        del made["validation"]
    return made


def _column(data: Dataset, name: str) -> Iterable[Any]:
    for batch in data.select_columns([name]).iter(batch_size=10_000):
        yield from batch[name]


def learnt(data: Dataset) -> int:
    return sum(_column(data, "learnt"))


def _has_records(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
