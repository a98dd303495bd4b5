"""How the filter asks: the wording of the customer's role, in versions of its own beside the prompts of a run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from distillation.pipeline.prompts import (
    PLACEHOLDERS,
    PromptsChanged,
    prompt_read,
    shipped,
    version_or_folder,
    versions_in,
)

FOLDER = Path(__file__).parent / "filters"
SAME, NOBODY = "", "none"  # the run's own wording; no filter is asked
NAMES = ("judge", "judge_again")


@dataclass(frozen=True, slots=True)
class FilterPrompts:
    version: str
    folder: str | None  # of one's own
    digest: str
    judge: str
    judge_again: str

    @classmethod
    def load(cls, version: str, folder: Path | None = None) -> Self:
        place = folder or shipped(FOLDER, version, "version of the filter's prompts")
        texts = {name: prompt_read(place / f"{name}.txt", PLACEHOLDERS[name]) for name in NAMES}
        digest = hashlib.sha256("\0".join(texts.values()).encode()).hexdigest()
        return cls(version=version, folder=str(folder) if folder else None, digest=digest, **texts)

    @classmethod
    def named(cls, name: str) -> Self:
        """A shipped version, or a folder of one's own."""
        return cls.load(*version_or_folder(name, FOLDER))

    def refuse_other(self, digest: str) -> None:
        if digest != self.digest:
            raise PromptsChanged(
                f"The filter's prompts {self.folder or self.version} have changed since the run began: put the old "
                "ones back, or start a new run."
            )


def versions() -> list[str]:
    return versions_in(FOLDER)
