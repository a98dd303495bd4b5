"""Two imports whose co-buys overlap, for tests of what is limited to one."""

from pathlib import Path

from distillation.models import CatalogImport, CoBuy
from tests.distillation.catalog.files import imported, item_2018, write_json


def two_data_sets(folder: Path) -> tuple[CatalogImport, CatalogImport]:
    """Demo: B01 + B02, B01 + B03, all Toys. Own: B01 + B02 again, B04 + B05 of Home, B01 + B04 of both."""
    toys, home = {"category": ["Toys, Games"]}, {"category": ["Home"]}
    demo = [item_2018("B01", also_buy=["B02", "B03"], **toys), item_2018("B02", **toys), item_2018("B03", **toys)]
    own = [
        item_2018("B01", also_buy=["B02", "B04"], **toys),
        item_2018("B04", also_buy=["B05"], **home),
        item_2018("B05", **home),
    ]
    for name, items in (("demo", demo), ("own", own)):
        imported(write_json(folder / f"{name}.json", *items))
    first, second = CatalogImport.objects.order_by("pk")
    return first, second


def pairs(cobuys) -> set[str]:
    """Of rows that refer to co-buys."""
    named = CoBuy.objects.filter(pk__in=cobuys.values("cobuy")).values_list("a__asin", "b__asin")
    return {" ".join(sorted(ends)) for ends in named}


DEMO, OWN = {"B01 B02", "B01 B03"}, {"B01 B02", "B01 B04", "B04 B05"}
