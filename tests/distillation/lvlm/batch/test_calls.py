"""The id of a call: one for each question of each unit, the same at every time."""

from dataclasses import replace

from distillation.lvlm.base import Image
from distillation.lvlm.batch.calls import call_id
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord
from distillation.pipeline.render import describe_request, intend_request, judge_again_request, judge_request

OPTIONS = Options()
PAIR = PairRecord(ProductRecord("A" * 32, "Tent", picture=Image("aa", b"")), ProductRecord("B" * 32, "Lamp"))


def test_questions_differ_and_ids_are_short() -> None:
    first = judge_request(PAIR, "distinctFrom", "They fit.", OPTIONS, sample=999)
    asked = [
        describe_request(PAIR.a, OPTIONS),
        describe_request(replace(PAIR.a, picture=Image("bb", b"")), OPTIONS),
        intend_request(PAIR, "usedFor", OPTIONS, sample=0),
        intend_request(PAIR, "isA", OPTIONS, sample=0),
        intend_request(PAIR, "isA", OPTIONS, sample=1),
        first,
        replace(first, max_tokens=2 * first.max_tokens),
        judge_again_request(first, "They fit.", "It depends.", OPTIONS),
        judge_request(PAIR, "distinctFrom", "They fit.", OPTIONS, sample=998),
    ]
    ids = [call_id(each) for each in asked]
    assert len(set(ids)) == len(asked)
    assert max(map(len, ids)) <= 64  # the least that a server of the API is known to take


def test_the_same_question_has_the_same_id_whatever_the_bytes_of_its_pictures() -> None:
    one, other = (replace(PAIR, a=replace(PAIR.a, picture=Image("aa", jpeg))) for jpeg in (b"1", b"2"))
    assert call_id(intend_request(one, "isA", OPTIONS, sample=0)) == call_id(
        intend_request(other, "isA", OPTIONS, sample=0)
    )
