import sys
from pathlib import Path

import pytest


@pytest.fixture
def this_python() -> Path:
    """Enough for what the trainer does before it loads torch."""
    return Path(sys.executable)
