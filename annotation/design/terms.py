"""What people are told and asked before their first item."""

from django import forms

from annotation.design.demographics import QUESTIONS
from annotation.design.fields import bounded
from annotation.design.protocol import CONSENT_LENGTH
from annotation.models import Study
from annotation.models.protocol_fields import TERMS_LENGTH


class TermsForm(forms.Form):
    cap = bounded(
        "cap", "Judgments of one person, at most", "Told before the first item; check items apart. 0: no limit"
    )
    terms = forms.CharField(
        label="Time and pay", required=False, max_length=TERMS_LENGTH, help_text="Told before the first item"
    )
    consent = forms.CharField(
        label="Consent, to be accepted before the first item",
        required=False,
        max_length=CONSENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="In Markdown. Kept with version and time; a changed text is asked for again. Empty: none",
    )
    demographics = forms.MultipleChoiceField(
        label="What they are asked of themselves, once",
        choices=[(each.name, each.short) for each in QUESTIONS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="After the consent; each may be left unsaid. Kept apart from judgments, erased with the person",
    )
    seen = forms.ChoiceField(
        label="Who has seen verdicts of its runs",
        choices=[(value, label.capitalize()) for value, label in Study.Seen.choices],
        initial=Study.Seen.MARK,
        required=False,
        widget=forms.RadioSelect,
        help_text="Researchers, administrators, and whoever has opened items, the knowledge base or exports of them",
    )
