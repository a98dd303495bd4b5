"""The numbers of a study are proposed and allowed alike wherever a study is made."""

from argparse import ArgumentParser

import pytest
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from annotation.design.forms import StudyForm
from annotation.design.rules import rules_problem
from annotation.judging.quality.measures import WINDOW
from annotation.management.commands.create_study import Command
from annotation.models import Study
from annotation.models.protocol_fields import PROTOCOL_FIELDS, RULE_FIELDS
from api.research.study_forms import NewStudySerializer, RulesSerializer

IN_PER_CENT = {"repeat_share": "repeat_percent"}
NOT_A_NUMBER_OF_THE_FORM = {"audit_share"}  # always, never or a share
STORED = sorted(set(PROTOCOL_FIELDS) - {"items"})


def arguments() -> ArgumentParser:
    parser = CommandParser()
    Command().add_arguments(parser)
    return parser


@pytest.mark.parametrize("name", STORED)
def test_the_model_takes_what_is_allowed_and_no_more(name: str) -> None:
    number, field = PROTOCOL_FIELDS[name], Study._meta.get_field(name)
    assert field.default == number.default
    for value in (number.least, number.most):
        field.run_validators(value)
    for value in (number.least - 1, number.most + 1):
        with pytest.raises(ValidationError):
            field.run_validators(value)


@pytest.mark.parametrize("name", sorted(set(PROTOCOL_FIELDS) - NOT_A_NUMBER_OF_THE_FORM))
def test_the_form_asks_for_the_same(name: str) -> None:
    number, field = PROTOCOL_FIELDS[name], StudyForm.base_fields[IN_PER_CENT.get(name, name)]
    scale = 100 if name in IN_PER_CENT else 1
    assert (field.min_value, field.max_value) == (scale * number.least, scale * number.most)
    assert field.initial == scale * number.default


@pytest.mark.parametrize("name", sorted(PROTOCOL_FIELDS))
def test_the_api_takes_the_same(name: str) -> None:
    number, field = PROTOCOL_FIELDS[name], NewStudySerializer().fields[name]
    assert (field.min_value, field.max_value) == (number.least, number.most)
    assert field.required or field.default == number.default


@pytest.mark.parametrize("name", STORED)
def test_the_command_proposes_the_same(name: str) -> None:
    assert arguments().get_default(name) == PROTOCOL_FIELDS[name].default


@pytest.mark.parametrize("rule", ["gold", "repeats", "agreement", "fast"])
def test_a_rule_waits_for_no_more_answers_than_it_looks_at(rule: str) -> None:
    """In a form, over the API and in the service, which commands reach."""
    asked = {"limit": 0.5, "least": WINDOW + 1, "seconds": 3}
    assert "1 to 200 answers" in rules_problem({rule: asked})
    assert rules_problem({rule: asked | {"least": WINDOW}}) == ""
    assert not RulesSerializer(data={rule: asked}).is_valid()
    assert StudyForm.base_fields[f"{rule}_least"].max_value == WINDOW


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ({"fast": {"limit": 0.5, "least": 5, "seconds": 0}}, "0.1 to 600"),
        ({"line": {"limit": 1}}, "a row of 2 to 200 answers"),
        ({"alarm": 1.5}, "between 0 and 1, not 1.5"),
        ({"line": {"limit": RULE_FIELDS["row"].least}, "alarm": RULE_FIELDS["alarm"].most}, ""),
    ],
)
def test_rules_out_of_bounds_are_refused_in_words(rules: dict, problem: str) -> None:
    found = rules_problem(rules)
    assert problem in found and bool(problem) == bool(found)
