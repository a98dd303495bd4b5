"""The form of an export, filled in on the page or by the address."""

from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from annotation.design.versions import VersionsRefused, versions_of
from annotation.exchange.exports.options import FORMATS, Options, imports_chosen
from annotation.models import Study
from annotation.selection import Selection
from common.refusals import ExportRefused
from distillation.models import Run

ROWS = (
    ("judgments", "One row for each judgment, with the ratings that count"),
    ("revisions", "One row for each time that ratings were given: the first, and each change"),
)


EXCEL = (
    ("", "No: for programs, with nothing before the first column's name"),
    ("comma", "With a mark that says UTF-8, so that no letter is misread"),
    ("semicolon", "The same, with semicolons between cells and commas in numbers, as in many countries"),
)


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        choices=[(name, each.words) for name, each in FORMATS.items()], required=False, widget=forms.RadioSelect
    )
    rows = forms.ChoiceField(choices=ROWS, required=False, widget=forms.RadioSelect)
    machine = forms.BooleanField(
        required=False,
        label="For programs only: CSV cells as they are",
        help_text="Otherwise an apostrophe stands before a text that a spreadsheet would run as a formula.",
    )
    excel = forms.ChoiceField(choices=EXCEL, required=False, label="CSV for Excel", widget=forms.RadioSelect)
    relation = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)
    run = forms.ModelChoiceField(Run.objects.none(), required=False, empty_label="all")
    group = forms.ModelChoiceField(Group.objects.order_by("name"), required=False, empty_label="all")
    since = forms.DateField(required=False, label="Judged from", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(required=False, label="Judged until", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    version = forms.CharField(
        required=False, max_length=200, label="Protocol versions", help_text="Such as 2, or 1,3-5; empty: all"
    )
    with_seen = forms.BooleanField(
        required=False,
        label="Count people who had seen verdicts too",
        help_text="Their rows, of the kind seen, are in every export; this moves only the column counts.",
    )
    with_excluded = forms.BooleanField(
        required=False,
        label="Count excluded annotators too",
        help_text="Their rows are in every export; this moves only the column counts.",
    )

    imports = forms.CharField(
        required=False, max_length=1_000, label="On co-buys of imports", help_text="Their numbers: 1,2; empty: all"
    )

    fields: dict[str, Any]  # each of a kind of its own

    def __init__(self, study: Study, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.study = study
        self.fields["run"].queryset = study.runs.order_by("name")
        for name in ("relation", "category"):
            # Asked of the database only where they are shown, or one is chosen.
            self.fields[name].choices = partial(_choices, study, name)

    def clean_imports(self) -> tuple[int, ...]:
        try:
            return imports_chosen(self.cleaned_data["imports"])
        except ExportRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_version(self) -> tuple[int, ...]:
        try:
            return versions_of(self.study, self.cleaned_data["version"])
        except VersionsRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean(self) -> dict:
        asked = self.cleaned_data
        if not self.errors:
            try:
                self.options.refuse_unfit(self.study)
            except ExportRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return asked

    @property
    def options(self) -> Options:
        asked = self.cleaned_data
        named = {name: asked[name] and asked[name].pk for name in ("run", "group")}
        names = ("relation", "category", "since", "until", "with_excluded", "with_seen", "imports", "version")
        as_given = {name: asked[name] for name in names}
        return Options(
            format=asked["format"] or "csv",
            revisions=asked["rows"] == "revisions",
            machine=asked["machine"],
            excel=asked["excel"],
            selection=Selection(**as_given, **named),
        )


def _choices(study: Study, name: str) -> list[tuple[str, str]]:
    known = study.items.order_by(name).values_list(name, flat=True).distinct()
    return [("", "all"), *((each, each) for each in known)]
