"""What was really seen, judgment by judgment."""

import numpy as np
from django.db.models.fields.json import KeyTextTransform

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Looked
from annotation.figures.rows.singles import one_in, some_judgments
from annotation.judging.look import SHOWN


def looked(asked: Asked) -> Looked:
    part, (first, second) = one_in(asked), asked.study.questions
    judgments = some_judgments(asked, part)
    told = judgments.filter(look__isnull=False).annotate(
        left=KeyTextTransform("picture", KeyTextTransform("left", "look")),
        right=KeyTextTransform("picture", KeyTextTransform("right", "look")),
    )
    rows = list(told.values_list("item_id", "plausibility", "typicality", "left", "right"))
    item, plausibility, typicality, left, right = zip(*rows, strict=True) if rows else ((),) * 5
    return Looked(
        item=np.array(item, dtype=np.int64),
        plausibility=np.searchsorted(first.ascending, np.array(plausibility, dtype=np.int64)),
        typicality=np.array([-1 if said is None else second.ascending.index(said) for said in typicality], dtype=int),
        fully=(np.array(left, dtype=str) == SHOWN) & (np.array(right, dtype=str) == SHOWN),
        untold=judgments.count() - len(rows),
        part=part,
    )
