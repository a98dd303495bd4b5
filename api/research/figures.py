"""What the figures look like, for the schema: `annotation.figures.numbers` makes them."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from stats.agreement.names import COEFFICIENTS


class FigureSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    ci95 = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, help_text="95 % interval"
    )
    n = serializers.IntegerField(help_text="units behind it")
    reason = serializers.CharField(required=False, help_text="why there is no value, where there is none")
    note = serializers.CharField(required=False, help_text="what must be known to read it")


class AssistedSerializer(FigureSerializer):
    without_p_yes = FigureSerializer(help_text="what the sample alone says")
    counts_like = serializers.FloatField(allow_null=True, help_text="items without p(yes) for the same variance")
    fallback = serializers.CharField(required=False, help_text="why p(yes) is not used")


class AssistedByQuestionSerializer(serializers.Serializer):
    plausibility, typicality = (AssistedSerializer() for _ in range(2))


class UnjudgedSerializer(serializers.Serializer):
    unjudged = serializers.FloatField(required=False, help_text="share of the run that unjudged items stand for")
    by_stratum = serializers.DictField(child=serializers.FloatField(), required=False)
    unheard = serializers.ListField(child=serializers.CharField(), required=False, help_text="strata left out")
    warning = serializers.CharField(required=False)


class ByQuestionSerializer(serializers.Serializer):
    plausibility, typicality = (FigureSerializer() for _ in range(2))


class PeopleSerializer(ByQuestionSerializer):
    accuracy, precision, recall = (FigureSerializer(help_text="of the filter, majority truth") for _ in range(3))


def kinds(coefficient: str, name: str) -> serializers.Serializer:
    """Such as nominal, ordinal and interval of `krippendorff_alpha`."""
    paths = (each.path for each in COEFFICIENTS)
    found = [kind for first, *rest in paths if first == coefficient for kind in rest]
    return inline_serializer(name, {kind: FigureSerializer() for kind in found})


class AgreementSerializer(serializers.Serializer):
    items, labels, pairable_items = (serializers.IntegerField() for _ in range(3))
    percent_agreement = kinds("percent_agreement", "PercentAgreement")
    fleiss_kappa, gwet_ac1 = FigureSerializer(), FigureSerializer()
    krippendorff_alpha = kinds("krippendorff_alpha", "Alpha")
    gwet_ac2 = kinds("gwet_ac2", "Ac2")
    prevalence = FigureSerializer(many=True, help_text="of each answer, the worst first")
    warning = serializers.CharField(required=False, help_text="why the intervals may miss the truth")


class AgreementByQuestionSerializer(serializers.Serializer):
    plausibility, typicality = (AgreementSerializer() for _ in range(2))


class FilterSerializer(serializers.Serializer):
    """The filter against the majority of complete items; cells count items, figures are weighted to the runs."""

    tp, fp, fn, tn = (serializers.IntegerField() for _ in range(4))
    accuracy, precision, recall, false_rejection_rate = (AssistedSerializer() for _ in range(4))
    specificity, f1, mcc = (FigureSerializer() for _ in range(3))
    kept = FigureSerializer(help_text="counted over the runs, without interval")
    complete = serializers.IntegerField(help_text="items with a verdict of which nobody can still be asked")
    ties = serializers.IntegerField(help_text="of them, each one half as either; in no cell")
    audit = FigureSerializer(help_text="share of audits that say the filter was right, weighted; n is items")


class RelationFiguresSerializer(ByQuestionSerializer):
    relation = serializers.CharField()
    kept = FigureSerializer()
    items = serializers.IntegerField()


class FiguresSerializer(serializers.Serializer):
    items, items_judged, items_complete, judgments, wanted, annotators = (serializers.IntegerField() for _ in range(6))
    agreement = AgreementByQuestionSerializer()
    rates = AssistedByQuestionSerializer(help_text="of the runs, from the sample and p(yes)")
    people_like_them = PeopleSerializer(help_text="with annotators as drawn from more; n is judgments")
    unjudged = UnjudgedSerializer()
    raw_rates = ByQuestionSerializer(help_text="of the judgments without weights; items are the units of the interval")
    filter = FilterSerializer()
    by_relation = RelationFiguresSerializer(many=True)


class PairFiguresSerializer(serializers.Serializer):
    first, second = serializers.CharField(), serializers.CharField()
    win = FigureSerializer(help_text="of the first run, a tie as half a win; weighted to the runs")
    better, worse, both_good, both_bad = (FigureSerializer() for _ in range(4))
    equal_length = FigureSerializer(help_text="the win rate where both texts are equally long")
    longer = serializers.FloatField(allow_null=True, help_text="the first one's words to the second one's")
    identical = serializers.IntegerField(help_text="pairs drawn whose texts are the same; nobody is asked")
    pairs = serializers.IntegerField(help_text="drawn")


class StrengthSerializer(FigureSerializer):
    run = serializers.CharField()


class ChecksSerializer(serializers.Serializer):
    left = FigureSerializer(help_text="of the answers that prefer a side")
    position = FigureSerializer(help_text="log delta of the left side")
    same_text, same_side = FigureSerializer(help_text="of pairs seen again, mirrored"), FigureSerializer()
    circles = FigureSerializer(help_text="of triples of runs; a quarter by chance")


class PreferenceFiguresSerializer(serializers.Serializer):
    items, items_judged, items_complete, judgments, wanted, annotators, identical = (
        serializers.IntegerField() for _ in range(7)
    )
    answers = serializers.DictField(child=serializers.IntegerField(), help_text="as given: left, right, …")
    pairs = PairFiguresSerializer(many=True)
    strengths = StrengthSerializer(many=True, help_text="log p with sum 0, by Davidson's model")
    tie = FigureSerializer(help_text="log nu of Davidson's model")
    checks = ChecksSerializer()


class MeasuredSerializer(serializers.Serializer):
    raw = FigureSerializer()
    pooled = FigureSerializer(help_text="drawn towards all groups; without a value where there are too few")


class PeriodGroupSerializer(serializers.Serializer):
    name = serializers.CharField()
    items = serializers.IntegerField()
    plausible, typical, right = (MeasuredSerializer() for _ in range(3))


class PeriodMeasureSerializer(serializers.Serializer):
    overall = FigureSerializer()
    trend_per_year = FigureSerializer(help_text="slope of weighted least squares, co-buys as clusters")
    heterogeneity = serializers.DictField(child=serializers.FloatField(), allow_null=True)


class PeriodMeasuresSerializer(serializers.Serializer):
    plausible, typical = (PeriodMeasureSerializer() for _ in range(2))
    right = PeriodMeasureSerializer(help_text="the filter agrees with the majority of complete items")


class DriftSerializer(serializers.Serializer):
    later, earlier = (serializers.CharField() for _ in range(2))
    differences = serializers.DictField(child=FigureSerializer(), help_text="the later run less the earlier")


class PeriodsSerializer(serializers.Serializer):
    by = serializers.CharField()
    judged, undated = (serializers.IntegerField() for _ in range(2))
    groups = PeriodGroupSerializer(many=True)
    measures = PeriodMeasuresSerializer()
    drift = DriftSerializer(many=True)
