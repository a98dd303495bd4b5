"""What annotators are asked, with its wording. A study stores its own copy, so a preset may change later."""

from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from functools import lru_cache

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from stats.packing import unit


@dataclass(frozen=True, slots=True)
class Option:
    value: int  # higher is more; plausibility is 1 or 0
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    text: str
    short: str  # the folded line after saving: "Plausible: Yes"
    options: tuple[Option, ...]
    positive_from: int  # a rating of at least this counts as plausible, as typical

    def label(self, value: int) -> str:
        return next(option.label for option in self.options if option.value == value)

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(option.value for option in self.options)

    @property
    def ascending(self) -> tuple[int, ...]:
        """The categories in the order in which they are tallied."""
        return tuple(sorted(self.values))

    @property
    def says_yes(self) -> tuple[bool, ...]:
        """Which of the ascending categories count as plausible, as typical."""
        return tuple(value >= self.positive_from for value in self.ascending)

    def same_side(self, one: int, other: int) -> bool:
        return (one >= self.positive_from) == (other >= self.positive_from)

    def unit(self, value: int) -> int:
        return unit(self.ascending.index(value))


class Preference(IntEnum):
    """Which of two intentions is the better reason; the values are the keys too. Both good and both bad are ties."""

    LEFT = 1
    RIGHT = 2
    BOTH_GOOD = 3
    BOTH_BAD = 4
    CANNOT_TELL = 5

    @property
    def mirrored(self) -> "Preference":
        """The same answer with the sides changed over."""
        return {Preference.LEFT: Preference.RIGHT, Preference.RIGHT: Preference.LEFT}.get(self, self)


PREFERENCE_NAMES = {answer: answer.name.lower() for answer in Preference}
PREFERENCE = Question(
    "preference",
    _("Which is the better reason to buy both?"),
    _("Better"),
    (
        Option(Preference.LEFT.value, _("Left is better")),
        Option(Preference.RIGHT.value, _("Right is better")),
        Option(Preference.BOTH_GOOD.value, _("Both good")),
        Option(Preference.BOTH_BAD.value, _("Both bad")),
        Option(Preference.CANNOT_TELL.value, _("I can't tell")),
    ),
    positive_from=0,
)


def _options(*labels: str) -> tuple[Option, ...]:
    """Options from the best to the worst, valued n-1 … 0."""
    return tuple(Option(len(labels) - 1 - i, label) for i, label in enumerate(labels))


_PLAUSIBILITY = Question("plausibility", _("Is it plausible?"), _("Plausible"), _options(_("Yes"), _("No")), 1)
_TYPICALITY = _("How typical is it of such purchases?")

PROPOSED = "mind"
PRESETS: dict[str, tuple[Question, Question]] = {
    "mind": (
        _PLAUSIBILITY,
        Question(
            "typicality", _TYPICALITY, _("Typical"), _options(_("Very"), _("Rather"), _("Hardly"), _("Not at all")), 2
        ),
    ),
    "folkscope": (
        _PLAUSIBILITY,
        Question(
            "typicality",
            _TYPICALITY,
            _("Typical"),
            _options(_("Strongly acceptable"), _("Weakly acceptable"), _("Rejected"), _("Implausible")),
            2,
        ),
    ),
}


def question_translated(question: Question) -> Question:
    """A preset's question in the reader's language. One in a researcher's own words stays as it is, its answers too:
    two languages in one question would be worse."""
    return _in_language(question, get_language())


@lru_cache(maxsize=256)  # two are asked for in each request of an annotator
def _in_language(question: Question, language: str | None) -> Question:
    """`language` is the active one."""
    if _words(question) not in _PRESET_WORDS:
        return question
    options = tuple(replace(option, label=gettext(option.label)) for option in question.options)
    return replace(question, text=gettext(question.text), short=gettext(question.short), options=options)


def _words(question: Question) -> tuple[str, ...]:
    return (question.text, question.short, *(option.label for option in question.options))


_PRESET_WORDS = {_words(each) for each in (PREFERENCE, *(each for preset in PRESETS.values() for each in preset))}


def preference_as_json(text: str = "") -> list[dict]:
    return [asdict(PREFERENCE) | ({"text": text} if text else {})]


def preset_as_json(name: str) -> list[dict]:
    return [asdict(question) for question in PRESETS[name]]


def questions_from_json(stored: list[dict]) -> tuple[Question, ...]:
    return tuple(Question(**{**q, "options": tuple(Option(**option) for option in q["options"])}) for q in stored)
