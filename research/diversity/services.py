"""Ask for a run's diversity, compute it, keep it."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from common.refusals import Refused
from distillation.models import Intention, Run
from research.diversity.draws import vendi_of_vectors
from research.diversity.embedding import MODEL, embedded, embedding_check
from research.diversity.figures import Passed, Tell, figures_of
from research.diversity.reading import texts_of
from research.models import Diversity, NearDuplicate, Vectors

CLAIMED_FOR = timedelta(seconds=90)  # a killed worker's computation begins anew after it
TOLD_EVERY_S = 1.0
MOST_EMBEDDED = 20_000
DEFAULT_EMBEDDED = 2_000
ROWS_AT_ONCE = 10_000


class DiversityRefused(Refused):
    """One line: why it is not computed and what to do."""


@transaction.atomic
def diversity_ask(*, run: Run, embed: int = 0) -> Diversity:
    """Have a worker compute it; what it had before stays to be read until then."""
    if not run.intentions.exists():
        raise DiversityRefused(f"Run {run.name} has no intention yet: wait until it has made some")
    if not 0 <= embed <= MOST_EMBEDDED:
        raise DiversityRefused(f"Vectors of {embed:,} intentions: give a number from 0 to {MOST_EMBEDDED:,}")
    asked = {"state": Diversity.State.WANTED, "embed": embed, "message": "", "done": 0, "doing": "", "asked_at": Now()}
    return Diversity.objects.update_or_create(run=run, defaults=asked)[0]


def diversities_ask_of_ended() -> None:
    """Of each run of a model that has ended since it was computed last, so that its alarms need nobody to ask."""
    older = Q(diversity__state=Diversity.State.DONE, diversity__computed_at__lt=F("finished_at"))
    ended = Run.objects.filter(Q(diversity=None) | older, state=Run.State.DONE).exclude(backend="baseline")
    for run in ended.filter(Exists(Intention.objects.filter(run=OuterRef("pk")))).select_related("diversity"):
        diversity_ask(run=run, embed=run.diversity.embed if hasattr(run, "diversity") else 0)


def diversity_claim(*, run_id: int) -> Diversity | None:
    """None where it is done or in other hands."""
    owed = Diversity.objects.owed().filter(run=run_id)
    if not owed.update(claimed_until=Now() + CLAIMED_FOR):
        return None
    return Diversity.objects.select_related("run").get(run=run_id)


def diversity_compute(*, claimed: Diversity, say: Callable[[str], object] = lambda words: None) -> None:
    """Whatever goes wrong is said where it was asked for."""
    tell = _telling(claimed, say)
    try:
        figures, passed = figures_of(claimed.run, tell)
        message = _embed(claimed, passed, figures, tell) if claimed.embed else ""
    except Exception as error:
        words = " ".join(str(error).split()) or type(error).__name__
        _settle(claimed, state=Diversity.State.FAILED, message=f"Stopped by an error, see the worker's log: {words}")
        raise
    tell("storing", 1.0)
    diversity_store(claimed=claimed, figures=figures, passed=passed, message=message)


@transaction.atomic
def diversity_store(*, claimed: Diversity, figures: dict, passed: Passed, message: str) -> None:
    NearDuplicate.objects.filter(run=claimed.run).delete()
    places = np.flatnonzero(passed.duplicates.near)
    with connection.cursor() as cursor:
        for i in range(0, len(places), ROWS_AT_ONCE):
            some = places[i : i + ROWS_AT_ONCE]
            groups = passed.ids[passed.duplicates.group[some]]
            cursor.execute(
                'INSERT INTO research_nearduplicate (intention_id, run_id, "group") '
                "SELECT n.id, %s, n.of FROM unnest(%s::bigint[], %s::bigint[]) AS n (id, of) "
                "JOIN distillation_intention i ON i.id = n.id",
                [claimed.run_id, passed.ids[some].tolist(), groups.tolist()],
            )
    _settle(claimed, state=Diversity.State.DONE, figures=figures, message=message, computed_at=Now())


def _embed(claimed: Diversity, passed: Passed, figures: dict, tell: Tell) -> str:
    """Vectors of a random sample. Returns why there are none, or nothing: the rest does not hang on them."""
    try:
        embedding_check()
    except Refused as refusal:
        return str(refusal)
    rng = np.random.default_rng(claimed.run_id)
    chosen = rng.choice(len(passed.ids), min(claimed.embed, len(passed.ids)), replace=False)
    texts = texts_of(sorted(passed.ids[chosen].tolist()))
    values = embedded(list(texts.values()), lambda share: tell("embedding", share))
    kept = {
        "model": MODEL,
        "intentions": np.array(list(texts), dtype=np.int64).tobytes(),
        "values": values.tobytes(),
        "made_at": Now(),
    }
    Vectors.objects.update_or_create(run=claimed.run, defaults=kept)
    found = vendi_of_vectors(values.astype(np.float32), rng)
    figures["vectors"] = {
        "n": len(texts), "model": MODEL, "vendi": {str(n): value.as_dict() for n, value in found.items()}
    }  # fmt: skip
    return ""


def _telling(claimed: Diversity, say: Callable[[str], object]) -> Tell:
    last = [0.0]

    def tell(doing: str, share: float) -> None:
        if monotonic() - last[0] < TOLD_EVERY_S:
            return
        last[0] = monotonic()
        now = {"doing": doing, "done": round(100 * share), "claimed_until": Now() + CLAIMED_FOR}
        Diversity.objects.filter(pk=claimed.pk).update(**now)
        say(f"{doing}: {share:.0%}")

    return tell


def _settle(claimed: Diversity, *, state: str, message: str, **more: object) -> None:
    """Asked for again meanwhile, with more vectors perhaps: then it stays wanted."""
    again = Q(asked_at__gt=claimed.asked_at)
    Diversity.objects.filter(pk=claimed.pk).update(message=message[:500], claimed_until=None, doing="", done=0, **more)
    Diversity.objects.filter(~again, pk=claimed.pk).update(state=state)
