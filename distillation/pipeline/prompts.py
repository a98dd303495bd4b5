"""Prompts are files with a version; what a file must hold is checked when it is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, Self

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
    is_stored: bool = False  # of one's own, and in no folder

    @property
    def in_english(self) -> bool:
        """Those shipped are; whoever brings their own may ask for answers in any language."""
        return self.folder is None and not self.is_stored

    @property
    def texts(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in PLACEHOLDERS}

    @property
    def one_sided(self) -> bool:
        """The intention is asked of product A and the relation alone."""
        return "{title_b}" not in self.pair

    @classmethod
    def load(cls, version: str = "mind-1", folder: Path | None = None) -> Self:
        place = folder or shipped(FOLDER, version, "prompt version")
        texts: dict[str, Any] = {
            name: prompt_read(place / f"{name}.txt", wanted) for name, wanted in PLACEHOLDERS.items()
        }
        return cls(version=version, folder=str(folder) if folder else None, digest=_digest(texts), **texts)

    @classmethod
    def of_texts(cls, version: str, texts: Mapping[str, str]) -> Self:
        """Of one's own, kept with the run that they are asked in."""
        checked = {name: text_checked(name, texts.get(name, "")) for name in PLACEHOLDERS}
        return cls(version=version, folder=None, digest=_digest(checked), is_stored=True, **checked)

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


def text_checked(name: str, text: str) -> str:
    """One of the texts, which stands in no file."""
    return prompt_checked(text, PLACEHOLDERS[name], f"The text {name}", is_pair=name == "pair")


def prompt_read(path: Path, wanted: frozenset[str]) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptError(f"Prompt file {path} can't be read ({error.strerror}): put it there.") from None
    except ValueError as error:
        raise PromptError(f"Prompt file {path} is no template ({error}): save it as UTF-8.") from None
    return prompt_checked(text, wanted, f"Prompt file {path}", is_pair=path.name == "pair.txt")


def prompt_checked(text: str, wanted: frozenset[str], what: str, *, is_pair: bool) -> str:
    """The template without blanks around it; a placeholder is a name in braces and nothing more."""
    try:
        fields = [field for _, *field in Formatter().parse(text) if field[0] is not None]
    except ValueError as error:
        raise PromptError(f"{what} is no template ({error}): write literal braces twice.") from None
    found = {str(name) for name, _, _ in fields}
    if is_pair and not found & OF_PARTNER:
        wanted = wanted - OF_PARTNER
    if missing := wanted - found:
        raise PromptError(f"{what} lacks {_braced(missing)}: add it.")
    if unknown := found - wanted:
        raise PromptError(f"{what} has unknown {_braced(unknown)}: only {_braced(wanted) or 'none'} may stand.")
    if any(form or conversion for _, form, conversion in fields):
        raise PromptError(f"{what} has more than a name between braces: write {_braced(wanted)} alone.")
    return text.strip()


def _digest(texts: Mapping[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in texts.items()).encode()).hexdigest()


def _braced(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
