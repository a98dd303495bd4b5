"""Amazon metadata of 2023: JSON lines. Few name products bought together: co-buys come from a CSV."""

from distillation.catalog.readers.cleaning import product_cleaned
from distillation.catalog.readers.jsonlines import json_format
from distillation.catalog.readers.records import Fields, LeftOut, ProductRecord, as_list, candidates_of


def parse_item(item: dict, fields: Fields) -> ProductRecord | LeftOut:
    pictures = _pictures(item.get("images"))
    return product_cleaned(
        asin=item.get("parent_asin"),
        title=item.get("title"),
        categories=[*as_list(item.get("categories")), item.get("main_category")],
        price=item.get("price"),
        images=[picture.get(size) for size in ("hi_res", "large", "thumb") for picture in pictures],
        candidates=candidates_of(item, fields),
    )


def _pictures(images: object) -> list[dict]:
    """Objects, as the files have them, or an object of lists, as hubs of data sets serve them; the main one first."""
    if isinstance(images, dict):
        columns = {name: as_list(column) for name, column in images.items()}
        longest = max(map(len, columns.values()), default=0)
        images = [{name: column[at] for name, column in columns.items() if at < len(column)} for at in range(longest)]
    pictures = [picture for picture in as_list(images) if isinstance(picture, dict)]
    return sorted(pictures, key=lambda picture: picture.get("variant") != "MAIN")


AMAZON_2023 = json_format(
    "amazon-2023",
    parse_item,
    lambda item: "parent_asin" in item and not {"user_id", "asin"} & item.keys(),
    ("bought_together",),
)
