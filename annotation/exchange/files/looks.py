"""What was really seen, from the columns of an export back into what the page had told."""

import json
from collections.abc import Mapping

from annotation.judging.look import SIDES, look_checked

LOOKS = (
    "picture_left", "picture_right", "size_left", "size_right", "enlarged", "seconds_in_view", "device", "orientation",
)  # fmt: skip
ODD = "picture_left to orientation are not what export_judgments writes; take them out, or leave them as they were"


def look_of(cells: Mapping[str, object]) -> str | None:
    """As JSON; None where nothing was told. ValueError where it can't have been."""
    if not any(map(cells.get, LOOKS)):
        return None
    told = {name: str(cells.get(name) or "") for name in LOOKS}
    return json.dumps(
        look_checked(
            {
                **{side: _picture(told, side) for side in SIDES},
                "in_view": told["seconds_in_view"].replace(",", "."),
                "device": told["device"],
                "orientation": told["orientation"],
            }
        )
    )


def _picture(told: dict[str, str], side: str) -> dict:
    width, height = told[f"size_{side}"].split("x")
    enlarged = told["enlarged"] in ("both", side)
    return {"picture": told[f"picture_{side}"], "width": width, "height": height, "enlarged": enlarged}
