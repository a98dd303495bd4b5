import pytest

from distillation.pipeline.relations import LEAD, PRESETS, RELATIONS, parse_relations


def test_presets_are_the_released_list_and_all():
    assert len(PRESETS["all"]) == len(RELATIONS) == 20
    assert set(PRESETS["all"]) - set(PRESETS["mind"]) == {"hasA", "motivatedBy"}  # 20 - 2 = 18
    assert set(PRESETS["folkscope"]) < set(RELATIONS)


def test_every_phrase_begins_alike_and_only_open_ends_there():
    assert all(relation.phrase.startswith(LEAD) for relation in RELATIONS.values())
    assert [code for code, relation in RELATIONS.items() if not relation.tail] == ["open"]
    assert RELATIONS["effect"].tail == "as a result, they will"


def test_codes_come_back_once_and_in_our_order():
    assert parse_relations("usedFor, isA,usedFor") == ("isA", "usedFor")
    assert parse_relations("mind") == PRESETS["mind"]


@pytest.mark.parametrize(
    ("text", "hint"), [("usedfor", "usedFor"), ("isA,mint", "mind"), ("zzz", "known are"), (" , ", "No relation")]
)
def test_an_unknown_relation_names_near_ones(text: str, hint: str):
    with pytest.raises(ValueError, match=hint):
        parse_relations(text)
