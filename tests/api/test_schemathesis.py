"""Whatever the schema allows, and much that it does not, from every role and from nobody: no fault of ours, no answer
that the schema does not tell of, and nothing seen that is not for the role."""

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from pytest_django import Settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from accounts.models import User
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start
from annotation.judging.allocation import item_next
from annotation.models import Participant, Study
from distillation.models import CoBuy, Intention, Picture, Product, Run
from tests.annotation.builders import judge, participant, show_pictures, study
from tests.api.builders import program
from tests.distillation.builders import finished_run
from webhooks.models import Event, Webhook

pytestmark = pytest.mark.django_db

ROLES = (None, *User.Role)
RESEARCHERS = (User.Role.RESEARCHER, User.Role.ADMINISTRATOR)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1}
# Without these, hardly a body that fits its schema would be more than refused.
SENSIBLE = {
    "runs": ["r1"], "items": 2, "overlap": 1, "strata": [], "allocation": "equal", "groups": [], "gold": "",
    "preset": "mind", "wording": {}, "qualification_items": 0, "qualification_pass": 0,
    "backend": "baseline", "base_urls": [], "model": "", "relations": "isA", "with_images": False,
    "paired": False, "url": "https://example.org/hook", "events": ["run.finished"],
    "plausibility": 1, "typicality": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def there(module_db: None) -> dict[str, object]:
    """What parts of addresses name, so that more than 404 is answered."""
    made = study(run=finished_run(20, model="secret-model"), items=40, overlap=1)
    show_pictures()
    judged = judge(participant(made, "caller"))
    Study.objects.update(audit_share=0.0)  # no audit stands between one judgment and the next
    return {
        "study_id": made.pk,
        "judgment_id": judged.pk,
        "name": Run.objects.get().name,
        "asin": Product.objects.first().asin,
        "cobuy_id": CoBuy.objects.first().pk,
        "intention_id": Intention.objects.first().pk,
        "digest": Picture.objects.get().digest,
        "export_id": export_start(study=made, options=Options())[0].pk,
        "webhook_id": Webhook.objects.create(url="https://example.org/hook", events=[Event.RUN_FINISHED]).pk,
    }


def hidden(answer: schemathesis.Response) -> list[bytes]:
    """What only researchers see; the verdict on one's own judgment has been revealed."""
    secrets = [b"secret-model"] if "/judgments" in answer.request.url else [b"secret-model", b"Secret reason"]
    return [secret for secret in secrets if secret in answer.content]


def make_sense(case: schemathesis.Case, there: dict[str, object]) -> None:
    case.path_parameters = {name: there.get(name, 1) for name in case.path_parameters or {}}
    if isinstance(case.body, dict):
        case.body |= {name: value for name, value in SENSIBLE.items() if name in case.body}
        if "item" in case.body:
            Study.objects.update(state=Study.State.OPEN)  # an earlier example may have closed it
            case.body["item"] = item_next(participant=Participant.objects.get()).item_id


@pytest.fixture(scope="module", autouse=True)
def in_the_test_transaction() -> Iterator[None]:
    """As Django's own test client does it: the end of a request would close the connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_throttle(settings: Settings) -> None:
    rates = {"caller": "1000000/min", "anonymous": "1000000/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}


def headers_of(role: User.Role | None) -> dict[str, str]:
    if role is None:
        return {}
    user, _ = User.objects.get_or_create(username="caller")
    user.role = role
    user.save()
    Participant.objects.filter(annotator=user).update(role=role)  # as if they had joined with it: others are barred
    return {"Authorization": program(user).defaults["HTTP_AUTHORIZATION"]}


def made_up(operation: APIOperation, mode: GenerationMode) -> list[schemathesis.Case]:
    cases = []

    @bounds(max_examples=EXAMPLES[mode], deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def keep(case: schemathesis.Case) -> None:
        cases.append(case)

    keep()
    return cases


@pytest.fixture(scope="module")
def schema(module_db: None) -> OpenApiSchema:
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda mode: mode.value)
def cases(request: pytest.FixtureRequest, schema: OpenApiSchema) -> list[schemathesis.Case]:
    """Some for each operation, made up once and then sent by everybody."""
    return [case for found in schema.get_all_operations() for case in made_up(found.ok(), request.param)]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "anonymous")
def test_every_answer_is_one_that_the_schema_tells(
    cases: list[schemathesis.Case], there: dict, role: User.Role | None
) -> None:
    headers = headers_of(role)
    for case in cases if role else cases[::3]:  # whatever nobody asks, the answer is that it must say who it is
        if case.meta.generation.mode == GenerationMode.POSITIVE:
            make_sense(case, there)
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        assert role in RESEARCHERS or not hidden(answer)
