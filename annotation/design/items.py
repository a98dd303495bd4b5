from collections.abc import Sequence

from annotation.design.population import described
from annotation.models import Item, Study

AT_ONCE = 5_000


def items_add(study: Study, items: Sequence[Item]) -> None:
    """Each with what figures are grouped by, copied from its intention."""
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        of_intention = described([item.intention_id for item in some])
        for item in some:
            item.study, item.overlap = study, study.overlap
            for name, value in of_intention[item.intention_id].items():
                setattr(item, name, value)
        Item.objects.bulk_create(some)
