"""Label Studio's JSON: a task for each item, an annotation for each judgment, the ratings as choices.

What Label Studio has no place for stands beside its own fields, and is lost when it exports the tasks again; the
annotator is therefore among the results too.
"""

import json
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from annotation.exchange.exports.rows import COLUMNS, LOOK, SHOWN, Rows
from annotation.models import Judgment
from annotation.scales import Question

MAIL = "@annotators.invalid"  # Label Studio knows annotators by their address
TO = "intention"

DATA = (
    "study", "item", "intention_id", "run", "backend", "model", "asin_a", "asin_b", "relation", "intention", "verdict",
    "p_yes", "strictness", "filter", "stratum", "inclusion_probability", "category", "bought_year",
    "bought_month", "simulated", *SHOWN,
)  # fmt: skip
BESIDE = (
    "kind", "counts", "study_version", "active_seconds", "left_product", "audited_at", "role", "had_seen", "was_kind",
    *LOOK,
)  # fmt: skip

# Texts put together, as `json_build_object` would: that looks the type of each value up, of two dozen a judgment.
_TASK = """concat('{{"id" : ', i.id, ', "data" : ', json_build_object({data}),
    ', "annotations" : [', string_agg({annotation}, ', ' ORDER BY j.id), ']}}')
"""
_ANNOTATION = """concat('{{"id" : ', j.id, ', "completed_by" : {{"email" : ', to_json(p.pseudonym || '{mail}'),
    '}}, "created_at" : ', {judged_at}, ', "lead_time" : ', {seconds},
    ', "was_cancelled" : false, "ground_truth" : false, "result" : [', concat_ws(', ', {results}), ']', {beside}, '}}')
"""
# Null where the value is, and then left out.
_RESULT = """
    '{{"id" : "' || j.id || '-{name}", "from_name" : "{name}", "to_name" : "{to}", "type" : "{kind}",'
    ' "value" : {{"{key}" : [' || {value} || ']}}}}'
"""


def label_studio(rows: Rows) -> tuple[str, dict[str, str]]:
    """The query and its parameters."""
    first, second = rows.study.questions
    results = (
        _choice("plausibility", "(%(plausibility)s::jsonb -> j.plausibility::text)::text"),
        _choice("typicality", "(%(typicality)s::jsonb -> j.typicality::text)::text"),
        _choice("audit", _json("audit")),
        _choice("audit_reason", _json("audit_reason")),
        _text("comment", _json("comment")),
        _text("annotator", _json("annotator")),
    )
    annotation = _ANNOTATION.format(
        mail=MAIL,
        judged_at=_or_null("judged_at"),
        seconds=_or_null("seconds"),
        results=", ".join(results),
        beside=", ".join(f"', \"{name}\" : ', {_or_null(name)}" for name in BESIDE),
    )
    data = ", ".join(f"'{name}', {(COLUMNS | SHOWN)[name]}" for name in DATA)
    query = rows.by_item(_TASK.format(data=data, annotation=annotation))
    return query, {"plausibility": _labels(first), "typicality": _labels(second)}


def labelling_configuration(questions: tuple[Question, ...]) -> str:
    """What Label Studio's project is set up with. The verdict is shown when plausibility is answered."""
    ratings = "\n".join(_choices(each.name, each.text, (option.label for option in each.options)) for each in questions)
    return _CONFIGURATION.format(
        to=TO,
        ratings=ratings,
        audit=_choices("audit", "Was the filter right?", ("right", "wrong")),
        reason=_choices("audit_reason", "Why is it wrong?", Judgment.AuditReason.values),
    )


_CONFIGURATION = """\
<View>
  <Text name="title_a" value="$title_a"/>
  <Image name="picture_a" value="$picture_a"/>
  <Text name="title_b" value="$title_b"/>
  <Image name="picture_b" value="$picture_b"/>
  <Text name="{to}" value="$intention"/>
{ratings}
  <View visibleWhen="choice-selected" whenTagName="plausibility">
    <Text name="verdict" value="$verdict"/>
{audit}
{reason}
  </View>
  <TextArea name="comment" toName="{to}"/>
  <TextArea name="annotator" toName="{to}"/>
</View>
"""


def _choices(name: str, text: str, labels: Iterable[str]) -> str:
    options = "".join(f"<Choice value={quoteattr(label)}/>" for label in labels)
    head = f"  <Header value={quoteattr(text)}/>"
    return f'{head}\n  <Choices name="{name}" toName="{TO}" choice="single">{options}</Choices>'


def _labels(question: Question) -> str:
    return json.dumps({option.value: option.label for option in question.options})


def _choice(name: str, value: str) -> str:
    return _RESULT.format(name=name, to=TO, kind="choices", key="choices", value=value)


def _text(name: str, value: str) -> str:
    return _RESULT.format(name=name, to=TO, kind="textarea", key="text", value=value)


def _json(name: str) -> str:
    return f"to_json({COLUMNS[name]})::text"


def _or_null(name: str) -> str:
    return f"coalesce({_json(name)}, 'null')"
