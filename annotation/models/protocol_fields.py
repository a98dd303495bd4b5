"""Defaults and bounds of the numbers of a study, for model, forms, API, commands and checks."""

from dataclasses import dataclass
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator


@dataclass(frozen=True)
class Bounded:
    default: int | float | None  # None: nothing is proposed
    least: float
    most: float
    words: str

    @property
    def kind(self) -> type[int] | type[float]:
        return float if isinstance(self.default, float) else int

    @property
    def limits(self) -> dict[str, Any]:
        return {"min_value": self.least, "max_value": self.most}

    @property
    def for_model(self) -> dict[str, Any]:
        validators = [MinValueValidator(self.least), MaxValueValidator(self.most)]
        return {"default": self.default, "validators": validators, "help_text": self.words}

    @property
    def for_form(self) -> dict[str, Any]:
        return {**self.limits, "initial": self.default, "required": False}

    @property
    def for_api(self) -> dict[str, Any]:
        proposed = {} if self.default is None else {"default": self.default}
        return {**self.limits, **proposed, "help_text": self.words}

    @property
    def for_command(self) -> dict[str, Any]:
        return {"type": self.kind, "default": self.default, "help": f"{self.words} ({self.default:g})"}

    @property
    def range(self) -> str:
        return f"{self.least:g} to {self.most:g}"

    def has(self, value: float) -> bool:
        return self.least <= value <= self.most


NAME_LENGTH = 100
TERMS_LENGTH = 500
PROTOCOL_FIELDS = {
    "items": Bounded(100, 1, 10_000_000, "intentions to sample"),
    "overlap": Bounded(3, 1, 100, "judgments wanted an item"),
    "cap": Bounded(0, 0, 100_000, "judgments that one person gives at most, check items apart; 0: no limit"),
    "lease_minutes": Bounded(30, 1, 1_440, "how long an item stays with an annotator"),
    "audit_share": Bounded(
        1.0, 0, 1, "of the judgments, after which the verdict is revealed and the audit asked; from 0 to 1"
    ),
    "qualification_items": Bounded(0, 0, 100, "gold items before the first item"),
    "qualification_pass": Bounded(0, 0, 100, "of them to be answered as expected"),
    "qualification_tries": Bounded(1, 1, 20, "at the qualification"),
    "repeat_share": Bounded(
        0.0, 0, 0.5, "of an annotator's judgments that repeat an earlier item of theirs, unannounced; from 0 to 0.5"
    ),
    "repeat_distance": Bounded(20, 1, 10_000, "judgments between an item and its repeat, at least"),
    "extra_votes": Bounded(0, 0, 20, "votes more, at most, on an item over which people are split after its quota"),
}

# Judgments that rules look at: what is long ago is forgiven, and a check costs the same for ever. For more answers than
# these a rule would wait in vain.
WINDOW = 200
RULE_FIELDS = {
    "limit": Bounded(None, 0, 1, "a share of the answers"),
    "least": Bounded(None, 1, WINDOW, "answers before the rule speaks"),
    "seconds": Bounded(3.0, 0.1, 600, "under which an answer is too fast"),
    "row": Bounded(None, 2, WINDOW, "equal answers in a row"),
    "alarm": Bounded(0.2, 0, 1, "of the annotators, when rules have paused more"),
}
