"""What a study can be drawn from, by stratum: intentions with a verdict, and imported ones, which may have none."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Any

import numpy as np
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Expression,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import (
    Coalesce,
    Concat,
    ExtractMonth,
    ExtractYear,
    Greatest,
    Least,
    Left,
    NullIf,
    Replace,
)
from numpy.typing import NDArray

from annotation.models import Study
from common.kept import kept_q, unfiltered_q
from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.models import Intention, Run

BANDS = 5
IMPORTED = "imported"  # the backend of runs whose intentions were made elsewhere
RUN_LENGTH = 40
CATEGORY_LENGTH = 60  # with all other parts of its name a stratum's fits into its column

_SAME_UNIT = {name: OuterRef(name) for name in ("cobuy", "relation", "sample")}
_a, _b = F("cobuy__a__category"), F("cobuy__b__category")
_both = Concat(Least(_a, _b), Value(" + "), Greatest(_a, _b))
_category = Left(Case(When(Q(cobuy__a__category=_b), then=_a), default=_both), CATEGORY_LENGTH)
_EXPRESSIONS: dict[str, Expression | F] = {
    "relation": F("relation"),
    "verdict": Case(
        When(kept_q(F("run__strictness"), prefix="verdict__"), then=Value("kept")),
        When(verdict__isnull=True, then=Value("no verdict")),
        default=Value("rejected"),
    ),
    # A slash stands between the parts of a stratum's name, so none is in a part.
    "category": Coalesce(NullIf(Replace(_category, Value("/"), Value("-")), Value("")), Value("none")),
    "run": Left("run__name", RUN_LENGTH),
    "p_yes": Case(
        When(verdict__p_yes__isnull=True, then=Value("unknown")),
        *(
            When(verdict__p_yes__lt=above / BANDS, then=Value(f"{(above - 1) / BANDS:.1f}-{above / BANDS:.1f}"))
            for above in range(1, BANDS)
        ),
        default=Value("0.8-1.0"),
    ),
}
STRATA = {
    "relation": "Relation",
    "verdict": "Verdict, so that rejected intentions are judged too",
    "category": "Category of the products",
    "p_yes": "Band of p_yes, in fifths",
    "run": "Run, to match runs over other co-buys",
}


def strata_sizes(
    runs: Sequence[Run],
    strata: Sequence[str],
    *,
    paired: bool = False,
    filtered: bool = True,
    catalog: CatalogSelection = EVERYTHING,
) -> dict[str, int]:
    drawn_from = _by_stratum(runs, strata, paired=paired, filtered=filtered, catalog=catalog)
    counted = drawn_from.values("stratum").annotate(n=Count("pk")).order_by("stratum")
    return dict(counted.values_list("stratum", "n"))


def strata_members(
    runs: Sequence[Run],
    strata: Sequence[str],
    without: Collection[int],
    *,
    paired: bool = False,
    filtered: bool = True,
    catalog: CatalogSelection = EVERYTHING,
) -> dict[str, NDArray[np.int64]]:
    """Ids by stratum, `without` left out, in the order of ids so that the seed decides.

    Paired: those of the first run for which each other run has an intention too. Not `filtered`: without verdicts too.
    """
    ids = defaultdict(list)
    drawn_from = _by_stratum(runs, strata, without, paired=paired, filtered=filtered, catalog=catalog)
    rows = drawn_from.order_by("pk").values_list("pk", "stratum")
    for pk, stratum in rows.iterator(chunk_size=20_000):
        if pk not in without:
            ids[stratum].append(pk)
    return {stratum: np.array(members) for stratum, members in ids.items()}


def population(study: Study) -> QuerySet[Any]:  # of intentions, with stratum and category
    """What an unpaired study was drawn from, as it is now; gold items are not drawn."""
    gold = study.items.filter(gold__isnull=False).values("intention")
    catalog = CatalogSelection.of_config(study.catalog)
    drawn_from = _by_stratum(list(study.runs.all()), study.strata, catalog=catalog).exclude(pk__in=gold)
    return drawn_from.annotate(category=_EXPRESSIONS["category"])


def drawable(runs: Sequence[Run], *, filtered: bool = True) -> QuerySet[Intention]:
    """What can be judged; where no verdict is revealed, none is needed, and where no filter was asked, none is."""
    has_verdict = Q(verdict__isnull=False) | Q(run__backend=IMPORTED) | unfiltered_q()
    return Intention.objects.filter(has_verdict if filtered else Q(), run__in=runs)


def partners(ids: Sequence[int], run: Run) -> dict[int, int]:
    """For each intention the one of this run on the same co-buy, relation and sample."""
    of_run = Intention.objects.filter(run=run, **_SAME_UNIT).values("pk")[:1]
    return dict(Intention.objects.filter(pk__in=ids).annotate(partner=Subquery(of_run)).values_list("pk", "partner"))


def described(ids: Sequence[int]) -> dict[int, dict]:
    """What is copied into an item from its intention, by the intention's id."""
    rows = Intention.objects.filter(pk__in=ids).annotate(
        category_of_both=_EXPRESSIONS["category"],
        filter_yes=F("verdict__yes"),
        p_yes=F("verdict__p_yes"),
        bought_year=ExtractYear("cobuy__bought_at", tzinfo=UTC),
        bought_month=ExtractMonth("cobuy__bought_at", tzinfo=UTC),
    )
    columns = rows.values(
        "pk", "run_id", "relation", "filter_yes", "p_yes", "bought_year", "bought_month",
        category=F("category_of_both"),
    )  # fmt: skip
    return {row["pk"]: {name: value for name, value in row.items() if name != "pk"} for row in columns}


def _by_stratum(
    runs: Sequence[Run],
    strata: Sequence[str],
    without: Collection[int] = (),
    *,
    paired: bool = False,
    filtered: bool = True,
    catalog: CatalogSelection = EVERYTHING,
) -> QuerySet[Any]:  # of intentions, with their `stratum`
    """Each intention with its stratum's name: the parts in the order asked for, with slashes between."""
    parts: list[Expression | F] = [Value("")]
    for name in strata:
        parts += [Value("/"), _EXPRESSIONS[name]] if len(parts) > 1 else [_EXPRESSIONS[name]]
    stratum = Concat(*parts, Value(""), output_field=CharField())
    chosen = catalog.q("cobuy__")
    if not paired:
        return drawable(runs, filtered=filtered).filter(chosen).annotate(stratum=stratum)
    others = (drawable([run], filtered=filtered).exclude(pk__in=without).filter(**_SAME_UNIT) for run in runs[1:])
    return drawable(runs[:1], filtered=filtered).filter(chosen, *map(Exists, others)).annotate(stratum=stratum)
