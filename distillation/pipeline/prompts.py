"""Prompts are files with a version; what a file must hold is checked when it is loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Self

FOLDER = Path(__file__).parent / "prompts"
PLACEHOLDERS: dict[str, frozenset[str]] = {
    "system": frozenset(),
    "describe": frozenset({"title"}),
    "pair": frozenset({"pictures", "title_a", "feature_a", "title_b", "feature_b"}),
    "intend": frozenset({"phrase"}),
    "judge": frozenset({"intention"}),
    "judge_again": frozenset({"intention", "answer"}),
}


# Of a pair, what stands of the partner: prompts without them show one product alone.
OF_PARTNER = frozenset({"title_b", "feature_b"})


class PromptError(ValueError):
    """A prompt file is missing or lacks a placeholder; the message is one line for the user."""


class PromptsChanged(PromptError):
    """The prompts are no longer those that the run began with."""


@dataclass(frozen=True, slots=True)
class PromptSet:
    version: str
    folder: str | None  # of one's own
    digest: str
    system: str
    describe: str
    pair: str
    intend: str
    judge: str
    judge_again: str

    @property
    def in_english(self) -> bool:
        """Those shipped are; whoever brings their own may ask for answers in any language."""
        return self.folder is None

    @property
    def one_sided(self) -> bool:
        """The intention is asked of product A and the relation alone."""
        return "{title_b}" not in self.pair

    @classmethod
    def load(cls, version: str = "mind-1", folder: Path | None = None) -> Self:
        place = folder or shipped(FOLDER, version, "prompt version")
        texts = {name: prompt_read(place / f"{name}.txt", wanted) for name, wanted in PLACEHOLDERS.items()}
        digest = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in texts.items()).encode()).hexdigest()
        return cls(version=version, folder=str(folder) if folder else None, digest=digest, **texts)

    @classmethod
    def named(cls, name: str) -> Self:
        """A shipped version, or a folder of one's own."""
        return cls.load(*version_or_folder(name, FOLDER))

    def refuse_other(self, digest: str) -> None:
        if digest != self.digest:
            raise PromptsChanged(
                f"The prompts {self.folder or self.version} have changed since the run began (then {digest[:12]}, "
                f"now {self.digest[:12]}): put the old ones back, or start a new run."
            )


def version_or_folder(name: str, shipped_in: Path) -> tuple[str, Path | None]:
    """A version, and its folder where that is one's own; what is neither is taken for a version."""
    if "/" not in name and ((shipped_in / name).is_dir() or not Path(name).is_dir()):
        return name, None
    folder = Path(name).resolve()
    return folder.name, folder


def versions_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def shipped(folder: Path, version: str, what: str) -> Path:
    known = versions_in(folder)
    if version not in known:
        raise PromptError(f"Unknown {what} {version!r}: known are {', '.join(known)}; or name a folder.")
    return folder / version


def prompt_read(path: Path, wanted: frozenset[str]) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except OSError as error:
        raise PromptError(f"Prompt file {path} can't be read ({error.strerror}): put it there.") from None
    except ValueError as error:
        raise PromptError(f"Prompt file {path} is no template ({error}): write literal braces twice.") from None
    if path.name == "pair.txt" and not found & OF_PARTNER:
        wanted = wanted - OF_PARTNER
    if missing := wanted - found:
        raise PromptError(f"Prompt file {path} lacks {_braced(missing)}: add it.")
    if unknown := found - wanted:
        raise PromptError(
            f"Prompt file {path} has unknown {_braced(unknown)}: only {_braced(wanted) or 'none'} may stand."
        )
    return text


def _braced(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
