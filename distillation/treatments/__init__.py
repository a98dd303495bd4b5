"""What is done to a picture before the model sees it, and what that took away. Pure: Pillow and numpy."""

from distillation.treatments.effects import Effects, effects_of
from distillation.treatments.names import AS_IS, NONE, SWAPPED, TREATED, parse_pictures
from distillation.treatments.treat import Treated, Untreatable, treat

__all__ = [
    "AS_IS",
    "NONE",
    "SWAPPED",
    "TREATED",
    "Effects",
    "Treated",
    "Untreatable",
    "effects_of",
    "parse_pictures",
    "treat",
]
