"""Amazon metadata of 2018, both releases: JSON lines; pictures in `image`, or in `imageURL` and `imageURLHighRes`."""

from distillation.catalog.readers.cleaning import full_picture, product_cleaned
from distillation.catalog.readers.jsonlines import json_format
from distillation.catalog.readers.records import (
    DEFAULT_FIELDS,
    Fields,
    LeftOut,
    ProductRecord,
    as_list,
)

OTHER_FORMATS = {"parent_asin", "reviewerID", "imUrl", "related", "salesRank"}


def parse_item(item: dict, fields: Fields) -> ProductRecord | LeftOut:
    get = item.get
    images = as_list(get("imageURLHighRes")) + as_list(get("imageURL"))
    if cut := get("image"):  # the first release has its pictures here, cut small
        images += map(full_picture, as_list(cut))
    return product_cleaned(
        asin=get("asin"),
        title=get("title"),
        categories=[*as_list(get("category")), get("main_cat")],
        price=get("price"),
        images=images,
        candidates=as_list(get("also_buy")) if fields else [],
    )


AMAZON_2018 = json_format(
    "amazon-2018", parse_item, lambda item: "asin" in item and not OTHER_FORMATS & item.keys(), DEFAULT_FIELDS
)
