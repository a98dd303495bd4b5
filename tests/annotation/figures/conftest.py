"""Small studies with known ratings."""

import pytest

from annotation.models import Study
from common.cached import shared
from tests.annotation.builders import study, study_of_ties_and_errors
from tests.distillation.builders import finished_run


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    shared.clear()


@pytest.fixture
def empty(db: None) -> Study:
    return study(run=finished_run(2), items=4, overlap=2)


@pytest.fixture
def judged(db: None) -> Study:
    return study_of_ties_and_errors()
