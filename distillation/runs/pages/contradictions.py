"""What the fields of a run's form say against one another, and which addresses are no servers': all of it at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from distillation.lvlm.openai.address import refuse_unlisted
from distillation.pipeline.filters import NOBODY


def contradictions(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields and what is wrong, in words of the page; what a field refused by itself is not there."""
    if asked.get("name") == "new":
        yield "name", "“new” stands for the page that starts a run; choose another."
    if not asked.get("with_images"):
        if asked.get("side_by_side"):
            yield "side_by_side", "No pictures are shown to the model, so none can stand side by side."
        if asked.get("pictures") not in (None, "as-is", "none"):
            yield "pictures", "No pictures are shown to the model, so nothing can be done to them first."
    if asked.get("filter") == NOBODY and (asked.get("filter_model") or asked.get("filter_base_urls")):
        yield "filter", "No filter is to be asked, and below a model for it is named: leave one of them out."
    elif asked.get("filter_base_urls") and not asked.get("filter_model"):
        yield "filter_model", "Name the model that filters, as the server below names it."
    for field in ("base_urls", "filter_base_urls"):
        for url in asked.get(field) or ():
            if wrong := _wrong_address(url):
                yield field, wrong


def _wrong_address(url: str) -> str:
    try:
        refuse_unlisted(url, settings.LVLM_HOSTS)
    except ValueError as error:
        return str(error)
    return ""
