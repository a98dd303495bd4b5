"""Which uploads are to be imported, and how."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms

from accounts.models import User
from distillation.catalog.readers.formats import FORMATS
from distillation.catalog.readers.records import CatalogFormat
from distillation.models import Upload

Part = Upload.Part
OF_CATALOG = (Part.PRODUCTS, Part.COBUYS, Part.PICTURES)
FORMAT_WORDS = {
    "csv": "CSV with commas: asin, title; then category, price, image where there are such",
    "amazon-2014": "Amazon's metadata of 2014",
    "amazon-2018": "Amazon's metadata of 2018",
    "amazon-2023": "Amazon's metadata of 2023",
}
ZIP, ADDRESSES, NONE = "zip", "addresses", "none"


class UploadField(forms.ModelChoiceField):
    def __init__(self, *, label: str, required: bool = False) -> None:
        words = {
            "required": "Choose a file of products.",
            "invalid_choice": "That file is not here, or not the whole of it; choose it again.",
        }
        super().__init__(
            Upload.objects.none(), label=label, required=required, error_messages=words, empty_label="none"
        )


class ImportForm(forms.Form):
    products = UploadField(label="Products", required=True)
    cobuys = UploadField(label="Co-buys")
    pictures = UploadField(label="Pictures")
    format = forms.ChoiceField(
        label="Format of the products",
        required=False,
        choices=[("", "Recognised by the first lines"), *((name, FORMAT_WORDS[name]) for name in FORMATS)],
    )
    images = forms.ChoiceField(
        label="Where pictures come from",
        required=False,
        initial=NONE,
        choices=[
            (ZIP, "The ZIP"),
            (ADDRESSES, "The addresses in the products file; the workers fetch them"),
            (NONE, "None for now"),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User) -> None:
        super().__init__(data)
        for part in OF_CATALOG:
            field = cast(UploadField, self.fields[part])
            field.queryset = Upload.objects.of(user).whole().waiting().filter(part=part)
            if not self.is_bound:  # the newest stand there
                field.initial = next(iter(field.queryset[:1]), None)
        if not self.is_bound and self.fields["pictures"].initial:
            self.fields["images"].initial = ZIP

    def clean_images(self) -> str:
        return self.cleaned_data["images"] or NONE

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("images") == ZIP and not given.get("pictures") and "pictures" not in self.errors:
            self.add_error("pictures", "Choose the ZIP of the pictures, or say that they come from elsewhere.")
        for part in OF_CATALOG:
            if (upload := given.get(part)) and not upload.is_whole:
                self.add_error(part, f"{upload.name} is not wholly here; choose it again.")
        return given

    @property
    def kept(self) -> dict[str, Upload]:
        """What is here for each part, though something else may be wrong."""
        given = self.cleaned_data if self.is_bound else {}
        return {part: upload for part in OF_CATALOG if (upload := given.get(part))}

    @property
    def parts(self) -> dict[str, Upload]:
        """Those that are to be imported."""
        with_pictures = self.cleaned_data["images"] == ZIP
        return {part: upload for part, upload in self.kept.items() if part != Part.PICTURES or with_pictures}

    @property
    def download(self) -> bool:
        return self.cleaned_data["images"] == ADDRESSES

    @property
    def chosen_format(self) -> CatalogFormat | None:
        return FORMATS.get(self.cleaned_data["format"])
