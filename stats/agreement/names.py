"""The coefficients of an agreement report: where each stands in it, and what it is called."""

from functools import reduce
from operator import getitem
from typing import Any, NamedTuple


class Coefficient(NamedTuple):
    path: tuple[str, ...]
    name: str
    short: str = ""  # on the page; without one it is for reports and commands
    in_report: bool = True
    needs_order: bool = False  # with two answers it equals the one that needs none

    @property
    def is_share(self) -> bool:
        return self.path[0] == "percent_agreement"

    def of(self, report: dict[str, Any]) -> dict[str, Any]:
        return reduce(getitem, self.path, report)


COEFFICIENTS = (
    Coefficient(("percent_agreement", "item_mean"), "Percent agreement (item mean)", "pairs"),
    Coefficient(("percent_agreement", "pooled"), "Percent agreement (pooled pairs)"),
    Coefficient(("percent_agreement", "weighted"), "Percent agreement (weighted)", in_report=False),
    Coefficient(("fleiss_kappa",), "Fleiss κ", "κ"),
    Coefficient(("krippendorff_alpha", "nominal"), "Krippendorff α, nominal", "α"),
    Coefficient(("krippendorff_alpha", "ordinal"), "Krippendorff α, ordinal", "α ord.", needs_order=True),
    Coefficient(("krippendorff_alpha", "interval"), "Krippendorff α, interval"),
    Coefficient(("gwet_ac1",), "Gwet AC1", "AC1"),
    Coefficient(("gwet_ac2", "linear"), "Gwet AC2, linear", in_report=False),
    Coefficient(("gwet_ac2", "quadratic"), "Gwet AC2, quadratic", "AC2", needs_order=True),
    Coefficient(("gwet_ac2", "ordinal"), "Gwet AC2, ordinal", in_report=False),
)
ON_PAGE = tuple(each for each in COEFFICIENTS if each.short)
