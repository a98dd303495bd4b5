"""A gain's table in words, for terminal and page."""

from collections.abc import Iterator
from typing import Any

from research.models import Gain


def points_words(figure: dict[str, Any]) -> str:
    """Of per cent, with the interval."""
    if figure["value"] is None:
        return str(figure.get("reason") or "–")
    ends = figure.get("ci95")
    told = f"{100 * figure['value']:+.2f}" + (f" ({100 * ends[0]:+.2f} to {100 * ends[1]:+.2f})" if ends else "")
    return told.replace("-", "−")


def gain_lines(gain: Gain) -> Iterator[str]:
    yield f"{gain.name}: points of accuracy by the strict rules, clustered by co-buy"
    for row in gain.results["arms"]:
        taught = f"{row['records']:,} records, {row['steps']:,} steps, {row['tokens'] or 0:,} tokens"
        yield f"{row['arm']} ({row['words']}): {taught}"
        beyond = {each["task"]: each for each in row.get("method_over_it", [])}
        for each in row["over_base"]:
            line = f"  {each['task']}: {100 * each['before']:.1f} % to {100 * each['after']:.1f} %, "
            line += f"{points_words(each['difference'])} over the base"
            if each["task"] in beyond:
                line += f"; the method {points_words(beyond[each['task']]['difference'])} over it"
            yield line
    yield from gain.results["warnings"]
