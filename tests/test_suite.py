"""How the tests themselves are built."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = {str(path.relative_to(HERE)): path.read_text() for path in sorted(HERE.rglob("*.py"))}


@pytest.mark.parametrize("name", MODULES)
def test_helpers_come_from_helper_modules(name: str) -> None:
    assert re.findall(r"^\s*(?:from|import) tests\.(?:\w+\.)*test_\w+", MODULES[name], re.MULTILINE) == []
