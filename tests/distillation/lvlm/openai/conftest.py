import pytest

from distillation.lvlm.openai import servers


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "FIRST_BACKOFF_S", 0.001)
