"""Which co-buys: the parameters, the same of runs, studies and exports."""

from rest_framework import serializers

from annotation.design.versions import VersionsRefused, versions_of
from annotation.models import Study
from api.base.problems import BadQuery
from api.base.views import Query
from distillation.catalog.selection import CatalogSelection, SelectionRefused, imports_parse

NAMES = ("imports", "categories", "since", "until")


def day(help_text: str) -> serializers.DateField:
    return serializers.DateField(default=None, allow_null=True, help_text=help_text)


def versions_field() -> serializers.CharField:
    return serializers.CharField(
        default="", max_length=200, help_text="of the protocol that was answered; several as 1,3-5"
    )


def versions_asked(study: Study, text: str) -> tuple[int, ...]:
    try:
        return versions_of(study, text)
    except VersionsRefused as refusal:
        raise BadQuery({"version": [str(refusal)]}) from refusal


class SelectionSerializer(serializers.Serializer):
    """Co-buys of imports, of categories (both products), and of the days on which they came into the catalog."""

    imports = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=None, allow_null=True, max_length=1_000,
        help_text="their numbers; []: all; left out: for a run the newest, for a study all of its runs'",
    )  # fmt: skip
    categories = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=1_000)
    since = day("co-buys that came into the catalog from this day on")
    until = day("up to this day, which is within")


class SelectionQuery(Query):
    """The same in an address, whose parameters are texts."""

    imports = serializers.CharField(default="", max_length=1_000, help_text="numbers of imports with commas, or all")
    categories = serializers.CharField(default="", max_length=2_000, help_text="of both products; with commas")
    since = day("co-buys that came into the catalog from this day on")
    until = day("up to this day, which is within")


def selection_taken(asked: dict) -> CatalogSelection:
    """Takes its parameters out of what was asked; raises SelectionRefused."""
    chosen = {name: asked.pop(name) for name in NAMES}
    if isinstance(chosen["imports"], str):
        chosen |= {
            "imports": imports_parse(chosen["imports"]),
            "categories": [chosen["categories"]] if chosen["categories"] else [],
        }
    return CatalogSelection.checked(**chosen)


def selection_of_query(asked: dict) -> CatalogSelection:
    try:
        return selection_taken(asked)
    except SelectionRefused as refusal:
        raise BadQuery({"non_field_errors": [str(refusal)]}) from refusal
