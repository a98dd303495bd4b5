"""Judgments, exported by Mindsite or by Label Studio from tasks of ours, as a file from the browser."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django import forms
from django.urls import reverse

from annotation.exchange.exports.options import FORMATS
from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.importing import judgments_import, judgments_look
from annotation.models import Study
from distillation.catalog.import_page import group
from distillation.catalog.readers.records import CatalogError
from distillation.models import Upload
from distillation.uploads.kinds import LINES, Asked, Kind, KindForm, Looked, Say, Seen
from distillation.uploads.recognising import PARQUET

MARKS = ("annotator", "plausibility", "item")
SHOWN = ("item", "annotator", "plausibility", "typicality", "judged_at")


class JudgmentForm(KindForm):
    about_field = "study"
    study = forms.ModelChoiceField(
        Study.objects.filter(kind=Study.Kind.RATING).order_by("-pk"), label="Study that they are of",
        help_text="It has the same items: those that the file was exported from.",
    )  # fmt: skip
    format = forms.ChoiceField(
        required=False, choices=[("auto", "Recognised by how the file begins"), *((name, name) for name in FORMATS)]
    )
    machine = forms.BooleanField(label="A CSV that was exported for programs only", required=False)

    @property
    def options(self) -> dict[str, Any]:
        given = self.cleaned_data
        study = given.get("study")
        form, machine = given.get("format") or "auto", given.get("machine", False)
        return {"study": study.pk if study else None, "form": form, "machine": machine}


def _look(asked: Asked) -> Looked:
    study = Study.objects.filter(pk=asked.options["study"]).first()
    if study is None:
        return Looked((), [], [], ["Choose the study: then the rows are compared with its items."])
    try:
        seen = judgments_look(study=study, lines=LINES, **_file(asked))
    except (ImportRefused, OSError) as error:
        raise _refusal(asked.path, error) from error
    rows = [tuple(row.get(name) for name in SHOWN) for row in seen.first]
    notes = [
        f"Items are matched by {seen.matched_by}.",
        "Judgments come whole or not at all: if one row can't, none does.",
    ]
    parts = {"judgments": seen.judgments, "later revisions": seen.rows - seen.judgments}
    headings = tuple(name.replace("_", " ").capitalize() for name in SHOWN)
    return Looked(headings, rows, [group("Rows", seen.rows, parts, {}, "left out")], notes)


def _bring(asked: Asked, say: Say) -> dict:
    study = Study.objects.filter(pk=asked.options["study"]).first()
    if study is None:
        raise CatalogError(f"Study {asked.about} is gone")
    try:
        return asdict(judgments_import(study=study, **_file(asked)))
    except (ImportRefused, OSError) as error:
        raise _refusal(asked.path, error) from error


def _file(asked: Asked) -> dict[str, Any]:
    return {"path": asked.path, "form": asked.options["form"], "machine": asked.options["machine"]}


def _refusal(path: Path, error: Exception) -> CatalogError:
    return CatalogError(f"{path.name}: {getattr(error, 'strerror', None) or error}")


def _groups(account: dict[str, Any]) -> list[dict]:
    if not account:
        return []
    known = account["annotators"] - account["annotators_made"]
    people = {"new here": account["annotators_made"], "known": known}
    rows = {"judgments": account["judgments"], "later revisions": account["rows"] - account["judgments"]}
    return [group("Rows", account["rows"], rows, {}, ""), group("Annotators", account["annotators"], people, {}, "")]


def _fits(seen: Seen) -> bool:
    words = set(re.split(rb'[,;\t\r\n"]+', seen.begins))  # also of a CSV for Excel, which has semicolons
    return (
        {mark.encode() for mark in MARKS} <= words
        or seen.has(*MARKS)
        or seen.has("annotations", "data")
        or seen.begins.startswith(PARQUET)
    )


JUDGMENTS = Kind(
    part=Upload.Part.JUDGMENTS,
    fits=_fits,
    form=JudgmentForm,
    look=_look,
    bring=_bring,
    groups=_groups,
    leads_to=lambda row: reverse("study", args=[row.options["study"]]),
)
