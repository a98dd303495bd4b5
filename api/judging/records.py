"""What annotators are shown and what they send. Only a saved judgment can contain a verdict."""

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from annotation.judging.look import DEVICES, LARGEST_PX, ORIENTATIONS, PICTURES
from annotation.judging.quality.qualification import gold_is_right
from annotation.judging.shown import questions_shown
from annotation.judging.writing import COMMENT_LENGTH
from annotation.models import Item, Judgment, JudgmentRevision, Kind, Skip, Study
from annotation.scales import Preference
from api.base.views import LARGEST_ID, ListQuery
from api.research.catalog import ShownProductSerializer

LONGEST_SECONDS = 10_000_000
LARGEST_RATING = 2**15 - 1
SHOWN = ("intention__cobuy__a__picture", "intention__cobuy__b__picture")
JUDGED = (
    *(f"item__{path}" for path in (*SHOWN, "intention__run", "intention__verdict")),
    "participant__study",
)


class OptionSerializer(serializers.Serializer):
    value = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # hides the serializer's own label


class QuestionSerializer(serializers.Serializer):
    name = serializers.CharField()
    text = serializers.CharField()
    options = OptionSerializer(many=True)
    only_after_yes = serializers.BooleanField(help_text="asked only where the intention was found plausible")


class MyStudySerializer(serializers.ModelSerializer):
    """A study as its annotators see it: no run, no sample, no figure."""

    questions = serializers.SerializerMethodField()
    demographics = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Study
        fields = (
            "id",
            "name",
            "kind",
            "state",
            "questions",
            "guidelines",
            "lease_minutes",
            "terms",
            "cap",
            "consent",
            "demographics",
            "version",
        )
        read_only_fields = (
            "name",
            "kind",
            "state",
            "guidelines",
            "lease_minutes",
            "terms",
            "cap",
            "consent",
            "demographics",
            "version",
        )

    @extend_schema_field(QuestionSerializer(many=True))
    def get_questions(self, study: Study) -> list[dict]:
        return list(QuestionSerializer(questions_shown(study.questions, study.typicality_after_yes), many=True).data)


class BlindItemSerializer(serializers.ModelSerializer):
    """An item as it is to be judged; `a_on_left` and `first_left` of the context say what stands where."""

    intention = serializers.SerializerMethodField(help_text="null where two are compared")
    relation = serializers.SerializerMethodField(help_text="in words; empty where there is none")
    left_intention = serializers.SerializerMethodField(help_text="of two that are compared, else null")
    right_intention = serializers.SerializerMethodField(help_text="of two that are compared, else null")
    left, right = serializers.SerializerMethodField(), serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = ("id", "intention", "left_intention", "right_intention", "relation", "left", "right")

    def get_intention(self, item: Item) -> str | None:
        return item.intention.text if self.context["first_left"] is None else None

    def get_left_intention(self, item: Item) -> str | None:
        return self._text(item, self.context["first_left"])

    def get_right_intention(self, item: Item) -> str | None:
        return self._text(item, None if self.context["first_left"] is None else not self.context["first_left"])

    def get_relation(self, item: Item) -> str:
        return "" if item.intention.relation == "open" else item.intention.relation_words

    @extend_schema_field(ShownProductSerializer)
    def get_left(self, item: Item) -> dict:
        return self._product(item, self.context["a_on_left"])

    @extend_schema_field(ShownProductSerializer)
    def get_right(self, item: Item) -> dict:
        return self._product(item, not self.context["a_on_left"])

    def _text(self, item: Item, is_first: bool | None) -> str | None:
        if is_first is None:
            return None
        return item.first_shown if is_first else item.second_shown

    def _product(self, item: Item, is_a: bool) -> dict:
        pair = item.intention.cobuy
        return ShownProductSerializer(pair.a if is_a else pair.b, context=self.context).data


class CheckSerializer(serializers.Serializer):
    """How far the annotator is in the qualification."""

    at, of = serializers.IntegerField(), serializers.IntegerField()
    tries_failed, tries = serializers.IntegerField(), serializers.IntegerField()


class ProgressSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="that may become yours")


class NextSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices=["item", "waiting", "finished"])
    item = BlindItemSerializer(allow_null=True)
    version = serializers.IntegerField(help_text="of the protocol; send it with the judgment")
    check = CheckSerializer(allow_null=True, help_text="of an item before the first one, if the study has such")
    lease_ends_at = serializers.DateTimeField(allow_null=True, help_text="asking again moves it")
    look_again_at = serializers.DateTimeField(allow_null=True, help_text="when waiting")
    progress = ProgressSerializer()


class RevealSerializer(serializers.Serializer):
    """The filter's verdict, after the ratings are frozen."""

    kept = serializers.BooleanField()
    p_yes = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    backend_note = serializers.CharField(allow_blank=True, help_text="that it was rules and no model, if so")


class ExpectedSerializer(serializers.Serializer):
    """The known answer to a gold item."""

    plausibility = serializers.IntegerField(allow_null=True)
    typicality = serializers.IntegerField(allow_null=True)
    preference = serializers.IntegerField(allow_null=True, help_text="with the sides as they stood")
    explanation = serializers.CharField(allow_blank=True)
    as_expected = serializers.BooleanField()


class PictureLookSerializer(serializers.Serializer):
    """Of one product's picture, as your page drew it, in CSS pixels."""

    picture = serializers.ChoiceField(
        choices=PICTURES,
        help_text="shown: loaded and in view; unseen: loaded, never in view; late: not loaded yet; failed; none",
    )
    width = serializers.IntegerField(min_value=0, max_value=LARGEST_PX)
    height = serializers.IntegerField(min_value=0, max_value=LARGEST_PX)
    enlarged = serializers.BooleanField()


class LookSerializer(serializers.Serializer):
    """What was really seen of the item, where your page knows: with both pictures `shown` it is a full look."""

    left, right = PictureLookSerializer(), PictureLookSerializer()
    in_view = serializers.FloatField(min_value=0, max_value=LONGEST_SECONDS, help_text="seconds")
    device = serializers.ChoiceField(choices=DEVICES)
    orientation = serializers.ChoiceField(choices=ORIENTATIONS)


class RevisionSerializer(serializers.ModelSerializer):
    class Meta:
        model = JudgmentRevision
        fields = ("id", "plausibility", "typicality", "preference", "after_reveal", "sent_back", "created_at")
        read_only_fields = fields


class JudgmentSerializer(serializers.ModelSerializer):
    """One's own judgment. The verdict is told where the audit is asked, and to nobody before."""

    study = serializers.IntegerField(source="participant.study_id", read_only=True)
    item = serializers.SerializerMethodField()
    audit_reason = serializers.CharField(read_only=True)
    look = LookSerializer(read_only=True, allow_null=True)
    verdict = serializers.SerializerMethodField()
    expected = serializers.SerializerMethodField()
    revisions = RevisionSerializer(many=True, read_only=True)
    sent_back = serializers.SerializerMethodField(help_text="a researcher's word, while they ask you to look again")

    class Meta:
        model = Judgment
        fields = (
            "id", "study", "item", "plausibility", "typicality", "preference", "comment", "active_seconds",
            "look", "created_at", "audit_asked", "filter_right", "audit_reason", "audited_at", "verdict", "expected",
            "revisions", "sent_back",
        )  # fmt: skip
        read_only_fields = (
            "plausibility", "typicality", "preference", "comment", "active_seconds", "created_at", "audit_asked",
            "filter_right", "audited_at",
        )  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_sent_back(self, judgment: Judgment) -> str | None:
        asked = [each for each in judgment.sent_back.all() if each.answered_at is None]
        return asked[0].word if asked else None

    @extend_schema_field(BlindItemSerializer)
    def get_item(self, judgment: Judgment) -> dict:
        context = {**self.context, "a_on_left": judgment.a_on_left, "first_left": judgment.first_left}
        return BlindItemSerializer(judgment.item, context=context).data

    @extend_schema_field(RevealSerializer(allow_null=True))
    def get_verdict(self, judgment: Judgment) -> dict | None:
        if not judgment.audit_asked:
            return None
        verdict, run = judgment.item.intention.verdict, judgment.item.intention.run
        return {
            "kept": verdict.kept(run.strictness),
            "p_yes": verdict.p_yes,
            "reason": verdict.reason,
            "backend_note": "rules, no model" if run.is_baseline else "",
        }

    @extend_schema_field(ExpectedSerializer(allow_null=True))
    def get_expected(self, judgment: Judgment) -> dict | None:
        if judgment.kind != Kind.GOLD:
            return None
        gold = judgment.item.gold or {}
        return {
            "plausibility": gold.get("plausibility"),
            "typicality": gold.get("typicality"),
            "preference": _expected_preference(judgment),
            "explanation": gold.get("explanation", ""),
            "as_expected": gold_is_right(judgment, judgment.participant.study),
        }


def _expected_preference(judgment: Judgment) -> int | None:
    if judgment.first_left is None:
        return None
    of_first = Preference((judgment.item.gold or {})["preference"])
    return of_first if judgment.first_left else of_first.mirrored


class RatingsSerializer(serializers.Serializer):
    submission = serializers.UUIDField(help_text="made by you, once for each judgment; sent again it is the same one")
    plausibility = serializers.IntegerField(min_value=0, max_value=LARGEST_RATING)
    typicality = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=LARGEST_RATING
    )
    comment = serializers.CharField(required=False, allow_blank=True, max_length=COMMENT_LENGTH)


def version_shown() -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=LARGEST_RATING,
        help_text="of the protocol, as `next` told it; without it, or with another, the answer is 409 with the changes",
    )


class NewJudgmentSerializer(RatingsSerializer):
    version = version_shown()
    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    active_seconds = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=0, max_value=LONGEST_SECONDS
    )
    look = LookSerializer(required=False, allow_null=True, default=None)


class PreferenceSerializer(serializers.Serializer):
    """In a study that compares two intentions: 1 left, 2 right, 3 both good, 4 both bad, 5 cannot tell."""

    submission = serializers.UUIDField(help_text="made by you, once for each judgment; sent again it is the same one")
    preference = serializers.IntegerField(min_value=min(Preference), max_value=max(Preference))
    comment = serializers.CharField(required=False, allow_blank=True, max_length=COMMENT_LENGTH)


class NewPreferenceSerializer(PreferenceSerializer):
    version = version_shown()
    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    active_seconds = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=0, max_value=LONGEST_SECONDS
    )
    look = LookSerializer(required=False, allow_null=True, default=None)


NEW = PolymorphicProxySerializer("NewAnswer", [NewJudgmentSerializer, NewPreferenceSerializer], None)
REVISED = PolymorphicProxySerializer("RevisedAnswer", [RatingsSerializer, PreferenceSerializer], None)


class AuditSerializer(serializers.Serializer):
    filter_right = serializers.BooleanField()
    reason = serializers.ChoiceField(
        choices=Judgment.AuditReason.choices, default="", allow_blank=True, help_text="where the filter was wrong"
    )
    comment = serializers.CharField(required=False, allow_blank=True, max_length=COMMENT_LENGTH)


class SkipSerializer(serializers.Serializer):
    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    reason = serializers.ChoiceField(choices=Skip.Reason.choices)


class OwnQuery(ListQuery):
    to_audit = serializers.BooleanField(required=False, help_text="true: only those whose audit is owed")
    sent_back = serializers.BooleanField(required=False, help_text="true: only those to be looked at once more")


class ConfirmSerializer(serializers.Serializer):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_RATING, help_text="of the protocol that was read")
    consent = serializers.BooleanField(default=False, help_text="true: the person accepts the consent text")
    demographics = serializers.DictField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="where the study asks: answers by question, `unsaid` for what the person prefers not to say",
    )
