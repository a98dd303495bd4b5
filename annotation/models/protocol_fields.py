"""Defaults and bounds of the numbers in a study's protocol, for model, forms, API and commands."""

from dataclasses import dataclass

from django.core.validators import MaxValueValidator, MinValueValidator


@dataclass(frozen=True)
class Bounded:
    default: int | float
    least: float
    most: float
    words: str

    @property
    def kind(self) -> type[int] | type[float]:
        return type(self.default)

    @property
    def validators(self) -> list[MinValueValidator | MaxValueValidator]:
        return [MinValueValidator(self.least), MaxValueValidator(self.most)]

    @property
    def for_model(self) -> dict:
        return {"default": self.default, "validators": self.validators, "help_text": self.words}

    @property
    def for_form(self) -> dict:
        return {"min_value": self.least, "max_value": self.most, "initial": self.default, "required": False}

    @property
    def for_api(self) -> dict:
        return {"min_value": self.least, "max_value": self.most, "default": self.default, "help_text": self.words}

    @property
    def for_command(self) -> dict:
        return {"type": self.kind, "default": self.default, "help": f"{self.words} ({self.default:g})"}


PROTOCOL_FIELDS = {
    "overlap": Bounded(3, 1, 100, "judgments wanted an item"),
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
}
