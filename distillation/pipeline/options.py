"""How a run's steps ask: what of a run's stored configuration reaches the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from distillation.pipeline.filters import NOBODY, SAME, FilterPrompts
from distillation.pipeline.prompts import PromptSet


@dataclass(frozen=True, slots=True)
class Options:
    temperature: float = 0.2
    max_tokens: int = 512
    with_images: bool = True
    with_titles: bool = True
    with_features: bool = True
    side_by_side: bool = False  # a co-buy's two pictures on one canvas
    prompts: PromptSet = field(default_factory=PromptSet.load)
    with_filter: bool = True
    filter_prompts: FilterPrompts | None = None  # others than those of the run

    @property
    def judging(self) -> PromptSet | FilterPrompts:
        return self.filter_prompts or self.prompts

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Raises PromptsChanged where the run began with other prompts than there are now."""
        prompts = _prompts(config)
        prompts.refuse_other(config.get("prompt_digest") or prompts.digest)
        return cls(
            temperature=float(config.get("temperature", 0.2)),
            max_tokens=int(config.get("max_tokens", 512)),
            with_images=bool(config.get("with_images", True)),
            with_titles=bool(config.get("with_titles", True)),
            with_features=bool(config.get("with_features", True)),
            side_by_side=bool(config.get("side_by_side", False)),
            prompts=prompts,
            with_filter=config.get("filter", SAME) != NOBODY,
            filter_prompts=_filter_prompts(config),
        )


def _prompts(config: Mapping[str, Any]) -> PromptSet:
    version, folder, texts = (config.get(f"prompt_{name}") for name in ("version", "folder", "texts"))
    if texts:
        return PromptSet.of_texts(str(version), texts)
    return PromptSet.load(version or "mind-1", Path(folder) if folder else None)


def _filter_prompts(config: Mapping[str, Any]) -> FilterPrompts | None:
    name, folder = config.get("filter", SAME), config.get("filter_folder")
    if name in (SAME, NOBODY):
        return None
    found = FilterPrompts.load(name, Path(folder) if folder else None)
    found.refuse_other(config.get("filter_digest") or found.digest)
    return found
