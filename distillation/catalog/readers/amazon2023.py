"""Amazon metadata of 2023: JSON lines. It names no products bought together: co-buys come from a CSV."""

from distillation.catalog.readers.cleaning import product_cleaned
from distillation.catalog.readers.jsonlines import json_format
from distillation.catalog.readers.records import LeftOut, ProductRecord, as_list


def parse_item(item: dict) -> ProductRecord | LeftOut:
    pictures = [picture for picture in as_list(item.get("images")) if isinstance(picture, dict)]
    return product_cleaned(
        asin=item.get("parent_asin"),
        title=item.get("title"),
        categories=[*as_list(item.get("categories")), item.get("main_category")],
        price=item.get("price"),
        images=[picture.get(size) for picture in pictures for size in ("hi_res", "large", "thumb")],
        candidates=[],
    )


AMAZON_2023 = json_format(
    "amazon-2023", parse_item, lambda item: "parent_asin" in item and not {"user_id", "asin"} & item.keys()
)
