"""A run as instruction data: a file of JSON lines for each split, and a manifest; all in one folder.

Tasks with pictures lie apart, in the layout of an image folder: with_pictures/SPLIT/metadata.jsonl beside the pictures
that it names. A text model's trainer would refuse them, and a loader of image folders takes pictures in no other place.
"""

import gc
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

import orjson
from django.core.files.storage import default_storage

from common.drafts import folder_draft, manifest_write
from common.refusals import ExportRefused
from common.snapshot import snapshot
from distillation.models import Picture
from knowledge.exports.lines import json_lines
from knowledge.exports.manifest import file_entry, manifest
from knowledge.exports.rows import COLUMNS, PRODUCTS, Rows
from knowledge.exports.selection import Selection
from knowledge.instructions.controls import Control
from knowledge.instructions.exclusion import Excluded
from knowledge.instructions.frameworks import frameworks_write
from knowledge.instructions.mixing import Label, Mix
from knowledge.instructions.phrasings import Phrasings
from knowledge.instructions.records import IMAGES, SPLITS, WITH_PICTURES, Composer, Row

BUFFER = 1 << 20
PICTURES = f"""
{PRODUCTS}
    LEFT JOIN distillation_picture own_a ON own_a.id = a.picture_id
    LEFT JOIN distillation_picture own_b ON own_b.id = b.picture_id
"""
TAUGHT = ("id", "asin_a", "asin_b", "title_a", "title_b", "relation", "intention", "verdict", "kept", "reason")
TAUGHT_SQL = ", ".join(
    [*(f"{COLUMNS[name]} AS {name}" for name in TAUGHT), "own_a.digest AS picture_a", "own_b.digest AS picture_b"]
)


@dataclass(frozen=True, kw_only=True)
class InstructionRequest:
    selection: Selection
    output: Path
    seed: int = 0
    with_images: bool = False
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    by_product: bool = False
    mix: Mix = field(default_factory=Mix)
    excluded: tuple[Excluded, ...] = ()
    control: Control = field(default_factory=Control)


def shares_parsed(text: str) -> tuple[float, float, float]:
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    if len(shares) != len(SPLITS) or min(shares) < 0 or not abs(sum(shares) - 1) < 1e-6:
        raise ExportRefused(
            f"--splits {text}: give three shares for {', '.join(SPLITS)} that add up to 1, as 0.8,0.1,0.1"
        )
    train, validation, test = shares
    return train, validation, test


def instructions_export(request: InstructionRequest) -> dict[str, object]:
    """The manifest, which is also written into the folder. The same seed over the same rows gives the same files."""
    composer = _composer(request)
    with snapshot() as at, closing(Rows(request.selection)) as rows, folder_draft(request.output) as folder:
        facts = rows.facts()
        taught = request.control.rows(lambda: _rows(rows), request.seed)
        by_split, by_relation = _written(folder, composer, taught, request.mix)
        if not by_split:
            raise ExportRefused(_why_nothing(request, composer))
        made = manifest(request.selection, facts, "instructions", at, _entries(folder, by_split))
        made |= _asked(request, composer) | {"records": {"by_split": by_split, "by_relation": by_relation}}
        frameworks_write(folder, made)
        manifest_write(folder / "manifest.json", made)
    return made


def _composer(request: InstructionRequest) -> Composer:
    return Composer(
        phrasings=Phrasings.load(),
        seed=request.seed,
        shares=request.shares,
        with_images=request.with_images,
        excluded=request.excluded,
        by_product=request.by_product,
    )


def _why_nothing(request: InstructionRequest, composer: Composer) -> str:
    why = "; ".join(f"{n:,} x {reason}" for reason, n in composer.left_out.most_common(3))
    told = f" ({why})" if why else ""
    return f"Run {request.selection.run.name} has no intention with a verdict to learn from{told}"


def _asked(request: InstructionRequest, composer: Composer) -> dict[str, object]:
    """Of the manifest, what was asked for and what that left out."""
    return {
        "seed": request.seed,
        "splits": dict(zip(SPLITS, request.shares, strict=True)),
        "templates": {"version": composer.phrasings.version, "sha256": composer.phrasings.digest},
        "left_out": dict(sorted(composer.left_out.items())),
        "excluded_benchmarks": [benchmark.as_dict() for benchmark in request.excluded],
        "split_by": "product" if request.by_product else "cobuy",
        "control": request.control.as_dict(),
        "mix": {
            "shares": dict(request.mix.shares),
            "limit": request.mix.limit,
            "balanced": "relation" if request.mix.by_relation else "",
            "as_many_yes_as_no": request.mix.balanced_verdicts,
        },
    }


def _rows(rows: Rows) -> Iterator[Row]:
    for line in json_lines(rows, rows.query(TAUGHT_SQL, products=PICTURES)):
        yield orjson.loads(line)


def _path(split: str, with_pictures: bool) -> str:
    return f"with_pictures/{split}/metadata.jsonl" if with_pictures else f"{split}.jsonl"


def _entries(folder: Path, by_split: dict[str, Counter[str]]) -> list[dict[str, object]]:
    entries = []
    for split in SPLITS:
        n_with = by_split[split][WITH_PICTURES]
        entries.append(file_entry(folder / _path(split, False), _path(split, False), by_split[split].total() - n_with))
        if n_with:
            entries.append(file_entry(folder / _path(split, True), _path(split, True), n_with))
    return entries


def _written(folder: Path, composer: Composer, rows: Iterator[Row], mix: Mix) -> tuple[dict, dict]:
    """How many records of each task, by split and by relation: all are composed, then some are chosen."""
    counted: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryFile(dir=folder, buffering=BUFFER) as pool, _nothing_to_collect(), ExitStack() as stack:
        labels = _composed(pool, composer, rows)
        chosen, left_out = mix.chosen(labels)
        composer.left_out.update(left_out)
        files: dict[tuple[str, bool], BinaryIO] = {}
        for split in SPLITS:
            files[split, False] = stack.enter_context((folder / _path(split, False)).open("wb", buffering=BUFFER))
        pool.seek(0)
        for (place, _, split, task, relation, _), line in zip(labels, pool, strict=True):
            if place not in chosen:
                continue
            file = split, task == WITH_PICTURES
            if file[1] and not _with_pictures((folder / _path(*file)).parent, orjson.loads(line)):
                composer.left_out["generation_with_pictures: a picture's file is missing"] += 1
                continue
            if file not in files:
                files[file] = stack.enter_context((folder / _path(*file)).open("wb", buffering=BUFFER))
            files[file].write(line)
            counted[split, relation, task] += 1
    return _counts(counted)


def _counts(counted: Counter[tuple[str, str, str]]) -> tuple[dict, dict]:
    by_split: dict[str, Counter[str]] = defaultdict(Counter)
    by_relation: dict[str, Counter[str]] = defaultdict(Counter)
    for (split, relation, task), n in counted.items():
        by_split[split][task] += n
        by_relation[relation][task] += n
    return by_split, by_relation


def _composed(pool: IO[bytes], composer: Composer, rows: Iterator[Row]) -> list[Label]:
    labels: list[Label] = []
    for row in rows:
        for split, task, relation, content, answer in composer.records(row):
            pool.write(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))
            labels.append(Label(len(labels), content["id"], split, task, sys.intern(relation), answer))
    return labels


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Labels make no circles, and all of them stay: the collector would look at each again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _with_pictures(folder: Path, content: dict[str, Any]) -> bool:
    """Copies the record's pictures into the folder, where they are not yet."""
    names = content[IMAGES]
    return all(_copied(folder / name, Picture(digest=Path(name).stem).name) for name in names)


def _copied(path: Path, name: str) -> bool:
    if path.exists():
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with default_storage.open(name) as stored, path.open("wb") as file:
            shutil.copyfileobj(stored, file)
    except FileNotFoundError:
        return False
    return True
