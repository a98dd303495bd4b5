"""What an export is, beside it: when, of what, with which filters, and the files' checksums."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from common.drafts import sha256
from common.version import __version__
from knowledge.exports.rows import Facts
from knowledge.exports.selection import Selection


def file_entry(path: Path, name: str, rows: int) -> dict[str, object]:
    return {"name": name, "rows": rows, "bytes": path.stat().st_size, "sha256": sha256(path)}


def manifest(selection: Selection, facts: Facts, form: str, at: datetime, files: list[dict]) -> dict[str, object]:
    run = selection.run
    return {
        "software": {"name": "mindsite", "version": __version__},
        "snapshot": at.isoformat(),
        "format": form,
        "run": {"name": run.name, "backend": run.backend, "model": run.model, "strictness": run.strictness},
        "prompts": {name: run.config.get(f"prompt_{name}") for name in ("version", "digest", "texts")},
        "filters": selection.filters,
        "counts": asdict(facts),
        "files": files,
    }
