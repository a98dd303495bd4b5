"""Amazon metadata of 2018, both releases: JSON lines; pictures in `image`, or in `imageURL` and `imageURLHighRes`."""

from distillation.catalog.readers.cleaning import full_picture, product_cleaned
from distillation.catalog.readers.jsonlines import json_format
from distillation.catalog.readers.records import (
    DEFAULT_FIELDS,
    Fields,
    LeftOut,
    ProductRecord,
    as_list,
    candidates_of,
)

OTHER_FORMATS = {"parent_asin", "reviewerID", "imUrl", "related", "salesRank"}


def _full_pictures(images: object) -> list:
    """The first release has its pictures in `image`, cut small."""
    return [full_picture(url) for url in as_list(images)] if images else []


def parse_item(item: dict, fields: Fields) -> ProductRecord | LeftOut:
    get = item.get
    return product_cleaned(
        asin=get("asin"),
        title=get("title"),
        categories=[*as_list(get("category")), get("main_cat")],
        price=get("price"),
        images=as_list(get("imageURLHighRes")) + as_list(get("imageURL")) + _full_pictures(get("image")),
        candidates=candidates_of({"also_bought": get("also_buy")}, fields),
    )


AMAZON_2018 = json_format(
    "amazon-2018", parse_item, lambda item: "asin" in item and not OTHER_FORMATS & item.keys(), DEFAULT_FIELDS
)
