"""Who has been shown verdicts of which run: whoever judges it afterwards is not blind to it."""

from collections.abc import Iterable

from accounts.models import User
from distillation.models import Exposure


def exposure_record(*, user: User, runs: Iterable[int], where: Exposure.Where) -> None:
    """The first time counts."""
    rows = [Exposure(user=user, run_id=run, where=where) for run in sorted(set(runs))]
    Exposure.objects.bulk_create(rows, ignore_conflicts=True)
