"""What may be asked of an export of judgments."""

from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import Group

from annotation.models import Study
from annotation.selection import EVERYTHING, Selection
from common.copying import refuse_unfit_for_excel
from common.refusals import ExportRefused
from distillation.catalog.selection import CatalogSelection, SelectionRefused, imports_parse
from distillation.models import Run


@dataclass(frozen=True, slots=True)
class Format:
    suffix: str
    media_type: str
    words: str


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8", "CSV, for spreadsheets and programs"),
    "jsonl": Format("jsonl", "application/jsonl; charset=utf-8", "JSON lines, with numbers as numbers"),
    "parquet": Format("parquet", "application/vnd.apache.parquet", "Parquet, for data frames"),
    "label-studio": Format("json", "application/json; charset=utf-8", "Label Studio JSON, a task for each item"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """`revisions`: a row for each time that ratings were given, not for each judgment. `machine`: cells as they are,
    also those that a spreadsheet would run. `excel`: CSV marked as UTF-8, comma or semicolon. The selection's
    `with_excluded` says what the column `counts` counts."""

    format: str = "csv"
    revisions: bool = False
    machine: bool = False
    excel: str = ""
    selection: Selection = EVERYTHING

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ExportRefused(f"There is no format {self.format}; known are {', '.join(FORMATS)}")
        refuse_unfit_for_excel(self.excel, form=self.format, raw=self.machine)
        if self.revisions and self.format == "label-studio":
            raise ExportRefused("Label Studio knows one result an annotation; ask for the revisions in another format")

    def refuse_unfit(self, study: Study) -> None:
        if study.is_preference and self.format == "label-studio":
            raise ExportRefused("Label Studio's tasks hold ratings; ask for the preferences in another format")
        if not self.selection.items(study).exists():
            raise ExportRefused(f"Study {study.name} has no item that these filters let through; ask for others")

    def as_json(self) -> dict:
        chosen = {name: value for name, value in asdict(self.selection).items() if value}
        filters = {name: _worded(name, value) for name, value in chosen.items()}
        rows = "revisions" if self.revisions else "judgments"
        return {"rows": rows, "machine": self.machine, "excel": self.excel, "filters": filters}


def imports_chosen(text: str) -> tuple[int, ...]:
    """Numbers of imports with commas between, or all, which is none in particular."""
    try:
        return CatalogSelection.checked(imports=imports_parse(text)).imports or ()
    except SelectionRefused as refusal:
        raise ExportRefused(str(refusal)) from refusal


def _worded(name: str, value: Any) -> object:
    """The selection as a manifest says it: days in ISO 8601, runs and groups by their names."""
    if name in ("since", "until"):
        return value.isoformat()
    models: dict[str, type[Run | Group]] = {"run": Run, "group": Group}
    return models[name].objects.get(pk=value).name if name in models else value
