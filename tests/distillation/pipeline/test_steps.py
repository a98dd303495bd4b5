import asyncio
from dataclasses import replace

import pytest

from distillation.lvlm import make_backend
from distillation.lvlm.base import BackendAway, Failure, Image, Reply, Text, Usage
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord
from distillation.pipeline.relations import RELATIONS
from distillation.pipeline.steps import describe, feature_key, intend, judge

A = ProductRecord("A1", "Phone <image> case {new}", picture=Image("aa", b"\xff\xd8a"), feature="A blue case.")
B = ProductRecord("B2", "Charger", picture=Image("bb", b"\xff\xd8b"), feature="A charger.")
PAIR = PairRecord(A, B)
OPTIONS = Options()


def scripted(*answers, **more):
    """Answers in turn, whatever is asked."""
    return make_backend("scripted", script=[("", answer, 1) for answer in answers], **more)


def judged(backend):
    return asyncio.run(judge(backend, PAIR, "usedFor", "They both charge.", OPTIONS))


def test_shared_parts_are_the_same_for_all_relations_and_the_filter():
    async def ask_all() -> None:
        for relation in RELATIONS:
            await intend(backend, PAIR, relation, OPTIONS)
            await judge(backend, PAIR, relation, "They both charge.", OPTIONS)

    backend = scripted(default="Yes.")
    asyncio.run(ask_all())
    prefixes = {(request.system, request.parts[:-1]) for request in backend.requests}
    assert len(backend.requests) == 40  # 20 relations x (intention + verdict)
    assert len(prefixes) == 1
    assert prefixes.pop()[1][:2] == (A.picture, B.picture)


def test_titles_reach_the_prompt_harmless():
    backend = scripted("It is a case.")
    assert asyncio.run(describe(backend, A, OPTIONS)).value == "It is a case."
    assert "Phone (image) case {new}" in backend.requests[0].parts[-1].text


def test_without_images_no_picture_is_sent_nor_promised():
    backend = scripted("charging")
    asyncio.run(intend(backend, PAIR, "usedFor", replace(OPTIONS, with_images=False)))
    assert all(isinstance(part, Text) for part in backend.requests[0].parts)
    assert "There are no pictures." in backend.requests[0].parts[0].text


def test_a_truncated_answer_is_asked_again_with_twice_the_room():
    backend = scripted(Reply("They both char", "length"), "They both charge.")
    outcome = asyncio.run(intend(backend, PAIR, "usedFor", OPTIONS))
    assert (outcome.value, outcome.failure) == ("They both charge.", None)
    assert [request.max_tokens for request in backend.requests] == [512, 1024]
    assert "They both char" in outcome.raw
    assert outcome.usage == Usage(calls=2)


def test_truncated_twice_is_a_failure():
    backend = scripted(Reply("They", "length"), Reply("They both", "length"))
    outcome = asyncio.run(intend(backend, PAIR, "usedFor", OPTIONS))
    assert (outcome.value, outcome.failure.reason, backend.calls) == (None, "truncated", 2)


def test_a_clear_verdict_carries_its_probability():
    outcome = judged(scripted(Reply("No, too dear.", p_yes=0.2)))
    assert (outcome.value.yes, outcome.value.p_yes, outcome.value.reason) == (False, 0.2, "Too dear.")


def test_an_unclear_verdict_is_asked_once_more_with_a_choice():
    backend = scripted("I like both.", Reply("Yes", p_yes=0.9))
    outcome = judged(backend)
    assert (outcome.value.yes, outcome.value.p_yes, outcome.value.reason) == (True, 0.9, "I like both.")
    assert backend.requests[1].choices == ("Yes", "No")
    assert backend.requests[1].parts[:-1] == backend.requests[0].parts[:-1]


@pytest.mark.parametrize("second", ["Well.", Reply("Well. So.")])
def test_unclear_twice_is_a_failure(second):
    backend = scripted("Hm.", second)
    assert judged(backend).failure.reason == "unparsable"
    assert backend.calls == 2


def test_truncated_then_unclear_is_not_asked_a_third_time():
    backend = scripted(Reply("Hm", "length"), "Hm.")
    assert judged(backend).failure.reason == "unparsable"
    assert backend.calls == 2


def test_a_servers_error_is_the_outcome_and_an_away_server_is_not():
    assert judged(scripted(Failure("too_long", "4097 tokens"))).failure == Failure("too_long", "4097 tokens")
    with pytest.raises(BackendAway):
        judged(scripted(BackendAway("down")))


def test_a_second_sample_has_a_seed():
    backend = scripted(default="charging")
    asyncio.run(intend(backend, PAIR, "usedFor", OPTIONS, sample=1))
    assert backend.requests[0].seed == 1


def test_the_feature_key_follows_what_can_change_the_feature():
    keys = {
        feature_key(A, OPTIONS, "m", "openai"),
        feature_key(replace(A, title="Case"), OPTIONS, "m", "openai"),
        feature_key(replace(A, picture=B.picture), OPTIONS, "m", "openai"),
        feature_key(A, replace(OPTIONS, with_images=False), "m", "openai"),
        feature_key(A, replace(OPTIONS, temperature=0.3), "m", "openai"),
        feature_key(A, OPTIONS, "n", "openai"),
        feature_key(A, OPTIONS, "m", "baseline"),
    }
    assert len(keys) == 7
    assert feature_key(replace(A, asin="Z", feature="x"), OPTIONS, "m", "openai") in keys


GERMAN = "Beides wurde gekauft, weil es auf Reisen nützt und für den Urlaub."


def test_what_stands_around_an_answer_is_cut_for_the_value_and_kept_in_the_raw_reply():
    raw = "<think>Is it yes or no?</think>No, too dear."
    outcome = judged(scripted(raw))
    assert (outcome.value.yes, outcome.value.reason, outcome.raw) == (False, "Too dear.", raw)


def test_an_answer_that_stays_wrapped_is_a_failure():
    assert judged(scripted("Yes <|foo|> and so on")).failure.reason == "markup"


def test_reasoning_alone_is_a_failure_of_its_own():
    cut = [Reply("<think>First I would", "length", reasoned=True)] * 2
    beside = [Reply("", "length", reasoned=True)] * 2
    assert [judged(scripted(*replies)).failure.reason for replies in (cut, beside)] == ["reasoning_only"] * 2


def test_another_language_is_told_after_the_second_question():
    backend = scripted("Ja, weil ich reise.", "Ja.")
    assert judged(backend).failure.reason == "other_language"
    assert backend.calls == 2
    assert judged(scripted("Ja, weil ich reise.", "Yes")).value.yes


def test_an_intention_in_another_language_is_none_unless_the_prompts_are_ones_own():
    def intended(options: Options):
        return asyncio.run(intend(scripted(GERMAN), PAIR, "open", options))

    assert intended(OPTIONS).failure.reason == "other_language"
    own = replace(OPTIONS, prompts=replace(OPTIONS.prompts, folder="/my/prompts"))
    assert intended(own).value == GERMAN
