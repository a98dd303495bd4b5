"""Runs whose intentions have texts of our own, and their diversity."""

from distillation.models import Intention, Run
from research.diversity.services import diversity_ask, diversity_claim, diversity_compute
from research.models import Diversity

BOTH = "They are bought together since both are needed when the light goes out in a cold winter night"


def computed(made: Run, **asked: int) -> Diversity:
    diversity_ask(run=made, **asked)
    claimed = diversity_claim(run_id=made.pk)
    assert claimed
    diversity_compute(claimed=claimed)
    return Diversity.objects.get(run=made)


def write(made: Run, *texts: str) -> list[int]:
    """Over the first intentions, in the order of their ids."""
    ids = list(made.intentions.order_by("pk").values_list("pk", flat=True)[: len(texts)])
    for pk, text in zip(ids, texts, strict=True):
        Intention.objects.filter(pk=pk).update(text=text)
    return ids
