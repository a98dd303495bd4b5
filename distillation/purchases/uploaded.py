"""Purchases of a shop, and reviews that stand for some, as files from the browser."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django import forms

from distillation.models import Upload
from distillation.purchases.account import PurchaseAccount
from distillation.purchases.formats import AMAZON, OWN, REVIEWS
from distillation.purchases.importing import MOST_PER_BUYER, PurchaseRequest, purchases_import, purchases_look
from distillation.purchases.views import account_groups
from distillation.uploads.kinds import LINES, Asked, Kind, KindForm, Looked, Say, Seen

MOST_DAYS = 100_000


class PurchaseForm(KindForm):
    window = forms.IntegerField(
        label="Make co-buys of what one buyer bought within so many days", required=False, min_value=0,
        max_value=MOST_DAYS, help_text="0: on one day. Empty: no co-buys are made.",
    )  # fmt: skip
    max_per_buyer = forms.IntegerField(
        label="Most purchases of a buyer", required=False, min_value=1, max_value=1_000_000, initial=MOST_PER_BUYER,
        help_text="Who has more is no person, and makes no co-buys.",
    )  # fmt: skip

    def clean_max_per_buyer(self) -> int:
        return self.cleaned_data["max_per_buyer"] or MOST_PER_BUYER


class ReviewForm(PurchaseForm):
    verified_only = forms.BooleanField(label="Only reviews marked as of a purchase", required=False)
    format = forms.ChoiceField(
        required=False, choices=[("auto", "Recognised by the first lines"), *((name, name) for name in REVIEWS)]
    )

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or "auto"


def _request(asked: Asked) -> PurchaseRequest:
    return PurchaseRequest(paths=[asked.path], columns=asked.columns, **{"format": OWN.name, **asked.options})


def _look(asked: Asked) -> Looked:
    account, first = purchases_look(_request(asked), LINES)
    rows = [(bought.asin, datetime.fromtimestamp(bought.at, UTC).strftime("%Y-%m-%d")) for bought in first]
    notes = ["Buyers are kept as keyed hashes only, from which nobody is found again."]
    if not account.purchases_new and account.purchases:
        notes.append("None of these is of a product in the catalog: import the catalog first.")
    return Looked(("Product", "Bought on"), rows, _groups(asdict(account)), notes)


def _bring(asked: Asked, say: Say) -> dict:
    return asdict(purchases_import(_request(asked), say))


def _groups(account: dict[str, Any]) -> list[dict]:
    return account_groups(PurchaseAccount(**account))


def _fits_purchases(seen: Seen) -> bool:
    return any(seen.has(*mark) for mark in OWN.marks)


def _fits_reviews(seen: Seen) -> bool:
    return any(form.knows(fields) for form in AMAZON for fields in seen.fields)


PURCHASES = Kind(
    part=Upload.Part.PURCHASES, fits=_fits_purchases, form=PurchaseForm, look=_look, bring=_bring, groups=_groups,
    columns=("customer", "basket", "product", "time", "asin_a", "asin_b"), is_whole=False,
)  # fmt: skip
REVIEW_FILES = Kind(
    part=Upload.Part.REVIEWS, fits=_fits_reviews, form=ReviewForm, look=_look, bring=_bring, groups=_groups,
    is_whole=False,
)  # fmt: skip
