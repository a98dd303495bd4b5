"""Small studies with known ratings."""

import pytest
from django.core.cache import cache

from annotation.models import Item, Study
from tests.annotation.builders import rate_all, study
from tests.distillation.builders import finished_run

# The filter keeps every second of these; two annotators say (plausibility, typicality).
RATINGS = [[(1, 3), (1, 2)], [(1, 2), (0, 1)], [(0, 0), (0, 0)], [(1, 1), (1, 3)]]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def empty(db: None) -> Study:
    return study(run=finished_run(2), items=4, overlap=2)


@pytest.fixture
def judged(empty: Study) -> Study:
    for item, p_yes in zip(empty.items.order_by("pk"), (0.9, 0.2, 0.9, 0.2), strict=True):
        Item.objects.filter(pk=item.pk).update(p_yes=p_yes, filter_yes=p_yes > 0.5)
    rate_all(empty, dict(zip(empty.items.order_by("pk").values_list("pk", flat=True), RATINGS, strict=True)))
    return empty
