"""Features found again: which batch, and thrown away, so that runs ask for them anew."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now

from distillation.models import Feature


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """Empty: whatever it is."""

    words: str = ""  # of the text or the raw reply, as they stand there
    run: str = ""  # by name: those that it asked for
    server: str = ""  # the beginning of its URL
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_all(self) -> bool:
        return self == FeatureChoice()

    def features(self) -> QuerySet[Feature]:
        return Feature.objects.in_use().chosen(
            words=self.words, run=self.run, server=self.server, since=self.since, before=self.before
        )


def features_discard(*, choice: FeatureChoice) -> int:
    """How many. Runs that used them keep them; what runs still owe, and runs to come, asks again."""
    gone = Concat(Value("discarded-"), Cast("pk", CharField()))
    return choice.features().update(key=gone, discarded_at=Now())
