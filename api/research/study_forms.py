"""What a study is made from."""

from rest_framework import serializers

from annotation.design.demographics import NAMES
from annotation.design.planning.fixed import Figure
from annotation.design.population import STRATA
from annotation.design.protocol import (
    ANSWER_LENGTH,
    CONSENT_LENGTH,
    GUIDELINES_LENGTH,
    POINTS,
    PRESETS,
    TEXT_LENGTH,
)
from annotation.models import Study
from annotation.models.protocol_fields import NAME_LENGTH, PROTOCOL_FIELDS, RULE_FIELDS, TERMS_LENGTH
from annotation.scales import PROPOSED
from api.research.selection import SelectionSerializer


def protocol_number(name: str) -> serializers.Field:
    number = PROTOCOL_FIELDS[name]
    return (serializers.IntegerField if number.kind is int else serializers.FloatField)(**number.for_api)


def answers() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=ANSWER_LENGTH),
        max_length=POINTS[-1],
        default=list,
        help_text="the best first",
    )


class WordingSerializer(serializers.Serializer):
    """The questions in your own words; what is left out stays as the preset has it."""

    plausibility = serializers.CharField(default="", allow_blank=True, max_length=TEXT_LENGTH)
    plausibility_answers = answers()
    typicality = serializers.CharField(default="", allow_blank=True, max_length=TEXT_LENGTH)
    typicality_answers = answers()
    typical_answers = serializers.IntegerField(
        min_value=1,
        max_value=POINTS[-1] - 1,
        default=None,
        allow_null=True,
        help_text="so many of the best count as typical",
    )


class ShareRuleSerializer(serializers.Serializer):
    limit = serializers.FloatField(**RULE_FIELDS["limit"].for_api)
    least = serializers.IntegerField(**RULE_FIELDS["least"].for_api)


class FastRuleSerializer(ShareRuleSerializer):
    seconds = serializers.FloatField(**RULE_FIELDS["seconds"].for_api)


class LineRuleSerializer(serializers.Serializer):
    limit = serializers.IntegerField(**RULE_FIELDS["row"].for_api)


class RulesSerializer(serializers.Serializer):
    """What pauses an annotator; a rule that is left out does not hold."""

    gold, repeats, agreement = (ShareRuleSerializer(required=False) for _ in range(3))
    fast = FastRuleSerializer(required=False)
    line = LineRuleSerializer(required=False)
    alarm = serializers.FloatField(**RULE_FIELDS["alarm"].limits, required=False)


class PlanSerializer(serializers.Serializer):
    """What the study is for and when it ends; it can be fixed until the first judgment."""

    figure = serializers.ChoiceField(choices=Figure.choices)
    items = serializers.IntegerField(
        default=None, allow_null=True, help_text="to be judged; null: all", **PROTOCOL_FIELDS["items"].limits
    )
    half_width = serializers.FloatField(
        default=None, allow_null=True, help_text="stop when the half-width is under this share; 0.02 are 2 points"
    )


class NewStudySerializer(SelectionSerializer):
    name = serializers.CharField(max_length=NAME_LENGTH)
    kind = serializers.ChoiceField(
        choices=Study.Kind.choices,
        default=Study.Kind.RATING,
        help_text="preference: two runs or more; each pair of their intentions for one co-buy and relation is an item",
    )
    runs = serializers.ListField(child=serializers.CharField(max_length=100), min_length=1, help_text="their names")
    items = serializers.IntegerField(**PROTOCOL_FIELDS["items"].limits)
    overlap = protocol_number("overlap")
    strata = serializers.ListField(child=serializers.ChoiceField(choices=list(STRATA)), default=list)
    allocation = serializers.CharField(
        default="equal", max_length=10_000, help_text="equal, proportional, or numbers: usedFor/kept: 20, isA/kept: 10"
    )
    seed = serializers.IntegerField(default=0, min_value=0, max_value=2**63 - 1)
    paired = serializers.BooleanField(default=False, help_text="the same co-buys and relations from each of the runs")
    gold = serializers.CharField(default="", allow_blank=True, max_length=2_000_000, help_text="CSV, as on the page")
    groups = serializers.ListField(
        child=serializers.CharField(max_length=150), default=list, help_text="who may judge; none: every annotator"
    )
    state = serializers.ChoiceField(choices=Study.State.choices, default=Study.State.OPEN)
    preset = serializers.ChoiceField(choices=PRESETS, default=PROPOSED)
    wording = WordingSerializer(default=dict)
    typicality_after_yes = serializers.BooleanField(default=False)
    guidelines = serializers.CharField(default="", allow_blank=True, max_length=GUIDELINES_LENGTH)
    audit_share = protocol_number("audit_share")
    order = serializers.ChoiceField(choices=Study.Order.choices, default=Study.PROPOSED_ORDER)
    qualification_items = protocol_number("qualification_items")
    qualification_pass = protocol_number("qualification_pass")
    qualification_tries = protocol_number("qualification_tries")
    repeat_share = protocol_number("repeat_share")
    repeat_distance = protocol_number("repeat_distance")
    extra_votes = protocol_number("extra_votes")
    rules = RulesSerializer(default=dict)
    lease_minutes = protocol_number("lease_minutes")
    cap = protocol_number("cap")
    terms = serializers.CharField(
        default="", allow_blank=True, max_length=TERMS_LENGTH, help_text="time and pay, told before the first item"
    )
    seen = serializers.ChoiceField(
        choices=Study.Seen.choices, default=Study.Seen.MARK, help_text="who has seen verdicts of its runs"
    )
    consent = serializers.CharField(
        default="", allow_blank=True, max_length=CONSENT_LENGTH, help_text="to be accepted before the first item"
    )
    demographics = serializers.ListField(
        child=serializers.ChoiceField(choices=NAMES), default=list, help_text="what annotators are asked of themselves"
    )
    plan = PlanSerializer(default=None, allow_null=True)
