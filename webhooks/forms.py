from django import forms

from webhooks.models import Event


class WebhookForm(forms.Form):
    url = forms.CharField(label="Address", max_length=500, help_text="https, and reachable from this server")
    events = forms.MultipleChoiceField(
        label="Tell when", choices=Event.choices, widget=forms.CheckboxSelectMultiple, initial=Event.values
    )
