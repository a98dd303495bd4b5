"""Files of reviews as they are released, and their import."""

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests.distillation.builders import product

# 28 February 2014 and 1 March 2014, 00:00 UTC, as files of 2014 have them.
FEBRUARY_28, MARCH_1 = 1393545600, 1393632000


def of_2014(who: str, asin: str, at: int) -> dict:
    return {"reviewerID": who, "asin": asin, "helpful": [0, 0], "reviewText": "Fine", "overall": 5.0,
            "summary": "Fine", "unixReviewTime": at, "reviewTime": "02 28, 2014"}  # fmt: skip


def of_2018(who: str, asin: str, at: int, *, verified: bool = True) -> dict:
    return {"overall": 5.0, "verified": verified, "reviewTime": "02 28, 2014", "reviewerID": who, "asin": asin,
            "unixReviewTime": at, "style": {"Format:": " Paperback"}}  # fmt: skip


def of_2023(who: str, asin: str, at: int) -> dict:
    return {"rating": 5.0, "title": "Fine", "text": "Fine", "images": [], "asin": "OTHERSIZE1", "parent_asin": asin,
            "user_id": who, "timestamp": at * 1000, "helpful_vote": 0, "verified_purchase": True}  # fmt: skip


def write(path: Path, *lines: dict | str) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def products(*asins: str) -> None:
    for asin in asins:
        product(asin)


def account(path: Path, command: str = "import_reviews", **options: object) -> dict:
    out = StringIO()
    call_command(command, path, json=True, stdout=out, **options)
    return json.loads(out.getvalue())
