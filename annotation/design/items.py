from collections.abc import Sequence

from django.db.models import F

from annotation.design.population import described
from annotation.models import Item, Study

AT_ONCE = 5_000
BLOCK = 40  # items; the complete ones are a random part of a study at any time, but for those of one block


def items_add(study: Study, items: Sequence[Item]) -> None:
    """Add drawn intentions as items, each with a copy of what figures are grouped by."""
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        of_intention = described([item.intention_id for item in some])
        of_other = described([item.other_id for item in some if item.other_id])
        for item in some:
            item.study = study
            if item.overlap is None:
                item.overlap = study.overlap
            item.block_no = item.order_key // BLOCK if study.order == Study.Order.BLOCKS and item.gold is None else 0
            for name, value in of_intention[item.intention_id].items():
                setattr(item, name, value)
            if item.other_id:
                item.other_run_id = of_other[item.other_id]["run_id"]
                item.filter_yes = item.p_yes = None  # of two intentions there is not one verdict
        Item.objects.bulk_create(some)


def items_reblock(study: Study) -> None:
    """Number the blocks anew after the study's order has changed."""
    in_blocks = study.order == Study.Order.BLOCKS
    study.items.sampled().update(block_no=F("order_key") / BLOCK if in_blocks else 0)
    study.participants.search_anew()
