"""Intentions made elsewhere, as a file from the browser."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.urls import reverse

from distillation.catalog.import_page import group
from distillation.intentions.account import IntentionAccount
from distillation.intentions.importing import IntentionImport, intentions_import, intentions_look, opened, run_checked
from distillation.intentions.layouts import LAYOUTS, PRODUCT_FIELDS, REQUIRED
from distillation.models import Run, Upload
from distillation.uploads.kinds import LINES, Asked, Kind, KindForm, Looked, Say, Seen


class IntentionForm(KindForm):
    about_field = "run"
    run = forms.CharField(label="Name of the run that they become", max_length=200)
    model = forms.CharField(
        label="Who made them", max_length=200, required=False, help_text="Empty: the release's name"
    )
    create = forms.BooleanField(
        label="Make products and co-buys that are not known", required=False,
        help_text="Products come without a picture; otherwise such rows are left out.",
    )  # fmt: skip
    format = forms.ChoiceField(
        label="Layout",
        required=False,
        choices=[("auto", "Recognised by the columns"), *((n, n) for n in sorted(LAYOUTS))],
    )

    def clean_run(self) -> str:
        name = self.cleaned_data["run"]
        if Run.objects.filter(name=name).exists():
            raise forms.ValidationError(f"A run named {name} exists; give this one another name.")
        return name

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or "auto"


def _request(asked: Asked) -> IntentionImport:
    return IntentionImport(path=asked.path, run=asked.about, columns=asked.columns, **asked.options)


def _look(asked: Asked) -> Looked:
    request = _request(asked)
    if asked.about:
        run_checked(request, opened(request)[1].layout)
    account, first = intentions_look(request, LINES)
    rows = [(f"{row.asin_a} + {row.asin_b}", row.relation, row.text, _verdict(row.yes, row.p_yes)) for row in first]
    return Looked(("Co-buy", "Relation", "Intention", "Verdict"), rows, _groups(asdict(account)), _notes(account))


def _verdict(yes: bool | None, p_yes: float | None) -> str:
    word = {True: "yes", False: "no", None: "–"}[yes]
    return word if p_yes is None else f"{word}, {p_yes:.2f}"


def _notes(account: IntentionAccount) -> list[str]:
    notes = [f"Read as {account.format}."]
    if account.relations_mapped:
        notes.append(f"Relations mapped: {', '.join(account.relations_mapped)}.")
    if account.verdicts_unreadable:
        notes.append(f"{account.verdicts_unreadable:,} verdicts can't be read; those intentions come without.")
    if account.products_created or account.cobuys_created:
        notes.append(f"Made: {account.products_created:,} products, {account.cobuys_created:,} co-buys.")
    if account.columns_not_read:
        notes.append(f"Columns not read: {', '.join(account.columns_not_read)}.")
    return notes


def _bring(asked: Asked, say: Say) -> dict:
    return asdict(intentions_import(_request(asked), say))


def _groups(account: dict[str, Any]) -> list[dict]:
    parts = {"with a verdict": account["verdicts"], "without a verdict": account["written"] - account["verdicts"]}
    return [group("Rows", account["rows"], parts, account["left_out"], "left out")]


def _fits(seen: Seen) -> bool:
    marks = [mark for layout in LAYOUTS.values() for mark in layout.marks]
    return any(seen.has(*mark) for mark in marks) and not seen.has("annotator")


INTENTIONS = Kind(
    part=Upload.Part.INTENTIONS, fits=_fits, form=IntentionForm, look=_look, bring=_bring, groups=_groups,
    columns=(*REQUIRED, "verdict", "p_yes", "reason", *PRODUCT_FIELDS),
    leads_to=lambda row: reverse("run-detail", args=[row.about]),
)  # fmt: skip
