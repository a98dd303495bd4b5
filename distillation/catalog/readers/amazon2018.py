"""Amazon metadata of 2018, both releases: JSON lines; pictures in `image`, or in `imageURL` and `imageURLHighRes`."""

from distillation.catalog.readers.cleaning import product_cleaned
from distillation.catalog.readers.jsonlines import json_format
from distillation.catalog.readers.records import LeftOut, ProductRecord, as_list

OTHER_FORMATS = {"parent_asin", "reviewerID", "imUrl", "related", "salesRank"}


def parse_item(item: dict) -> ProductRecord | LeftOut:
    get = item.get
    return product_cleaned(
        asin=get("asin"),
        title=get("title"),
        categories=[*as_list(get("category")), get("main_cat")],
        price=get("price"),
        images=as_list(get("imageURLHighRes")) + as_list(get("imageURL")) + as_list(get("image")),
        candidates=as_list(get("also_buy")),
    )


AMAZON_2018 = json_format("amazon-2018", parse_item, lambda item: "asin" in item and not OTHER_FORMATS & item.keys())
