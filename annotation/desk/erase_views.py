"""The page on which a person is erased, for administrators: what goes, their comments to read, their name to type."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import administrator_required
from accounts.models import User
from accounts.requests import PersonRequest
from accounts.services import PeopleRefused
from annotation.desk.erasing import KEEP, REMOVE, comments_of, person_erase
from annotation.models import Judgment

SHOWN = 500


class EraseForm(forms.Form):
    judgments = forms.ChoiceField(
        label="Judgments",
        widget=forms.RadioSelect,
        initial=KEEP,
        choices=[(KEEP, "Keep them under a fresh pseudonym"), (REMOVE, "Remove them; others judge the items")],
    )
    comments = forms.ChoiceField(
        label="Comments",
        widget=forms.RadioSelect,
        initial=REMOVE,
        choices=[(REMOVE, "Remove them"), (KEEP, "Keep them: none says who wrote it")],
    )
    typed = forms.CharField(label="Their user name, to be sure", max_length=200, strip=False)

    def __init__(self, person: User, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"] != self.person.username:
            raise forms.ValidationError("This is not their user name; nothing was erased. Type it as it stands above")
        return self.cleaned_data["typed"]


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def person_erasure(request: PersonRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    form = EraseForm(person, request.POST or None)
    if form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("judgments", "comments")}
        try:
            erased = person_erase(person=person, by=request.user, **asked)
        except PeopleRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Erased. {erased.judgments:,} judgments {_became(asked['judgments'])}.")
            return redirect("people-list")
    said = comments_of(person)
    page = {"person": person, "form": form, "comments": said[:SHOWN], "n_comments": len(said)}
    page["n_judgments"] = Judgment.objects.filter(participant__annotator=person).count()
    return render(request, "people/erase.html", page, status=422 if form.errors else 200)


def _became(judgments: str) -> str:
    return "are kept under a fresh pseudonym" if judgments == KEEP else "are removed"
