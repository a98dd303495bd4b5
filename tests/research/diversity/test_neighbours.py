import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from distillation.models import Run
from research.diversity.neighbours import DIMENSIONS, neighbours_of
from research.models import Vectors
from tests.annotation.pages import text
from tests.distillation.builders import finished_run
from tests.research.diversity.texts import BOTH, computed, write

pytestmark = pytest.mark.django_db


def test_the_nearest_by_words_come_first() -> None:
    made = finished_run(3)
    ids = write(made, "a red lamp for the tent", "a red lamp for the car", "a red chair", "nothing alike")
    computed(made)
    found = neighbours_of(made.intentions.get(pk=ids[0]))
    assert found is not None
    assert [each.pk for _, each in found.rows][:2] == [ids[1], ids[2]]
    assert found.rows[0][0] == pytest.approx(9 / 11)  # six words and five pairs each; five and four are in both
    assert (found.among, found.by_meaning) == (5, False)


def test_near_duplicates_are_counted() -> None:
    made = finished_run(3)
    ids = write(made, BOTH, f"{BOTH} there", f"{BOTH} here")
    computed(made)
    found = neighbours_of(made.intentions.get(pk=ids[0]))
    assert found is not None
    assert found.group == 3


def test_with_vectors_the_nearest_are_by_meaning() -> None:
    made = finished_run(2)
    ids = sorted(made.intentions.values_list("pk", flat=True))[:3]
    computed(made)
    values = np.zeros((3, DIMENSIONS), dtype=np.float16)
    values[[0, 1, 1, 2], [0, 0, 1, 2]] = 1, 0.6, 0.8, 1  # cosines of the first: 0.6 and 0
    keys = np.array(ids, dtype=np.int64)
    Vectors.objects.create(run=made, model="m", intentions=keys.tobytes(), values=values.tobytes())
    found = neighbours_of(made.intentions.get(pk=ids[0]))
    assert found is not None
    assert [(each.pk, round(likeness, 2)) for likeness, each in found.rows] == [(ids[1], 0.6)]
    assert (found.among, found.by_meaning) == (2, True)


def test_before_the_computation_the_part_says_where_to_ask(as_researcher: Client) -> None:
    finished_run(1)
    first = Run.objects.get().intentions.order_by("pk")[0]
    answer = as_researcher.get(reverse("intention-neighbours", args=[first.pk]))
    assert "once the run's diversity is computed" in text(answer)
