"""Where researchers choose co-buys: the same fields on every page that has them."""

from typing import Any

from django import forms

from common.words import counted, day_words
from distillation.catalog.selection import ALL, EVERYTHING, CatalogSelection, SelectionRefused
from distillation.models import CatalogImport

LISTED = 50  # data sets


class CatalogSelectionForm(forms.Form):
    """A part of a larger form. Its prefix-free names are those of the command's options."""

    imports = forms.MultipleChoiceField(label="Co-buys of", required=False, widget=forms.CheckboxSelectMultiple)
    categories = forms.CharField(
        label="Only of the categories",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text="One a line, of both products; empty: all",
    )
    since = forms.DateField(
        label="Came into the catalog from", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(label="until", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    fields: dict[str, Any]  # each of a kind of its own
    catalog = EVERYTHING
    everything = "All of the catalog, whatever its import"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.data_sets = list(CatalogImport.objects.data_sets()[:LISTED])
        sets = [(str(each.pk), _words(each)) for each in self.data_sets]
        self.fields["imports"].choices = [*sets, (ALL, self.everything)]

    def clean(self) -> dict[str, Any]:
        super().clean()
        asked = self.cleaned_data
        try:
            self.catalog = CatalogSelection.checked(
                imports=[] if ALL in asked.get("imports", ()) else map(int, asked.get("imports", ())),
                categories=[line.strip() for line in asked.get("categories", "").splitlines() if line.strip()],
                since=asked.get("since"),
                until=asked.get("until"),
            )
        except SelectionRefused as refusal:
            self.add_error(None, str(refusal))
        return asked


def _words(row: CatalogImport) -> str:
    cobuys = row.account.get("cobuys_new", 0) + row.account.get("cobuys_already_stored", 0)
    return f"{row.title}: {row.file_names}, {counted(cobuys, 'co-buy')}, {day_words(row.created_at)}"
