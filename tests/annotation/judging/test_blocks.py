"""Items come in blocks, each finished before the next, so that the complete ones are a random part at any time."""

import pytest
from django.db.models import F

from annotation.design import items as design_items
from annotation.design.protocol import protocol_change
from annotation.judging.allocation import item_next, item_skip
from annotation.models import Item, Study
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_two(monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr(design_items, "BLOCK", 2)
    return study(items=4, overlap=2)


def blocks_judged(made: Study) -> list[int]:
    return sorted(Item.objects.filter(study=made, n_judged=F("overlap")).values_list("block_no", flat=True))


def test_new_items_stand_in_blocks_of_their_random_order(of_two: Study):
    assert sorted(of_two.items.values_list("order_key", "block_no")) == [(0, 0), (1, 0), (2, 1), (3, 1)]


def test_a_block_is_complete_before_the_next_begins(of_two: Study):
    first, second = participant(of_two, "ann-1"), participant(of_two, "ann-2")
    for _ in range(2):
        judge(first), judge(second)
    assert blocks_judged(of_two) == [0, 0]


def test_an_item_given_back_is_offered_to_those_who_are_past_its_block(of_two: Study):
    first, second = participant(of_two, "ann-1"), participant(of_two, "ann-2")
    judge(first), judge(first), judge(first)  # on to block 1
    held = item_next(participant=second)
    other = item_next(participant=participant(of_two, "ann-3"))
    assert {held.item.block_no, other.item.block_no} == {0}
    item_skip(participant=second, item_id=held.item_id, reason="cannot_tell")
    judge(participant(of_two, "ann-3"))
    assert item_next(participant=participant(of_two, "ann-3")).item_id == held.item_id


def test_a_change_of_the_order_moves_the_items_out_of_their_blocks_and_back(of_two: Study):
    protocol_change(study=of_two, by=None, order="breadth")
    assert set(of_two.items.values_list("block_no", flat=True)) == {0}
    protocol_change(study=of_two, by=None, order="blocks")
    assert set(of_two.items.values_list("block_no", flat=True)) == {0, 1}
