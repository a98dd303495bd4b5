"""The client in docs/api.md, as it stands there."""

import re

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from annotation.models import Judgment
from api.models import Scope
from api.tokens.services import token_create
from tests.api.builders import DAY
from tests.distillation.builders import finished_run

PAGE = settings.BASE_DIR / "docs/api.md"


@pytest.mark.django_db(transaction=True)
def test_the_client_in_the_docs_works(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    finished_run(name="demo-baseline")
    rosa = User.objects.create(username="rosa", role=User.Role.RESEARCHER)
    scopes = [Scope.READ, Scope.JUDGE, Scope.STUDIES_WRITE]
    monkeypatch.setenv("MINDSITE_URL", live_server.url)
    monkeypatch.setenv("MINDSITE_TOKEN", token_create(owner=rosa, name="docs", scopes=scopes, valid=DAY)[1])
    (client,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(client, PAGE, "exec"), {})
    assert Judgment.objects.filter(filter_right__isnull=False).count() == 2
    assert capsys.readouterr().out.splitlines()[-1] == "2 judgments; plausible: 1.0"
