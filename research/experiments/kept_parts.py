"""The kept share by relation, category and type of product: counted, over what both arm and control were asked."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from distillation.pipeline.relations import RELATIONS
from distillation.runs.pictures import left_out_cobuys
from research.experiments.exact import NOTHING, Kept, Outcomes, kept_against, outcomes_by, shared_by
from research.experiments.pairs import product_types
from research.models import Arm

MOST_READ = 20_000  # co-buys whose titles and categories are read for a page
Named = Callable[[object], str]


def kept_by(arms: list[Arm], part: str) -> dict[int, dict[str, Kept]]:
    """By arm, but for the control, and by the words of a relation, category or type; empty where there are too many."""
    control = next(arm for arm in arms if arm.is_control)
    if part != "relation" and control.run.cobuys.count() > MOST_READ:
        return {}
    shared, name, lost = shared_by([arm.run for arm in arms]), _named(control, part), left_out_cobuys(control.run)
    found = {}
    for arm in arms:
        if not arm.is_control:
            out = lost | left_out_cobuys(arm.run)
            one, other = (_outcomes(each, shared, out, part, name) for each in (arm, control))
            found[arm.pk] = {each: kept_against(one[each], other[each], 0) for each in sorted(one) if each in other}
    return found


def _outcomes(
    arm: Arm, shared: tuple[tuple[str, ...], int], out: set[int], part: str, name: Named
) -> Mapping[str, Outcomes]:
    found: dict[str, Outcomes] = defaultdict(lambda: NOTHING)
    for key, counted in outcomes_by("relation" if part == "relation" else "cobuy_id", arm, *shared, out).items():
        found[name(key)] += counted
    return dict(found)


def _named(control: Arm, part: str) -> Named:
    if part == "relation":
        return lambda code: RELATIONS[str(code)].words
    of_both = {"category": _category, "product type": lambda a, b, *titles: product_types(*titles)}[part]
    columns = ("cobuy", "cobuy__a__category", "cobuy__b__category", "cobuy__a__title", "cobuy__b__title")
    names = {cobuy: of_both(*both) for cobuy, *both in control.run.cobuys.values_list(*columns)}
    return names.__getitem__


def _category(a: str, b: str, *titles: str) -> str:
    """As items have it."""
    return (a if a == b else " + ".join(sorted((a, b))))[:60].replace("/", "-") or "none"
