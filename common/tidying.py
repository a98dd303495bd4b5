"""The page on which a thing is renamed, archived or deleted: the same for all that can be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common.refusals import Refused

LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidying:
    """One thing: what goes with it and what stays, what holds it, and what does what is asked."""

    what: str  # such as "run"
    name: str
    page: str  # its own address
    all: str  # that of the list
    archived_at: datetime | None
    goes: Sequence[str]
    stays: str
    held: Sequence[str]  # what has to go first
    exports: Sequence[tuple[str, str]]  # address and words
    rename: Callable[[str], str]  # the address of this page then
    archive: Callable[[bool], None]
    delete: Callable[[str], None]  # takes what was typed


class RenameForm(forms.Form):
    name = forms.CharField(label="New name", max_length=LONGEST)


class DeleteForm(forms.Form):
    """What is not typed is refused as what is mistyped: by what deletes."""

    typed = forms.CharField(max_length=LONGEST, strip=False, required=False)

    def __init__(self, *args: Any, what: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].label = f"The {what}'s name, to be sure"


def tidying_answer(request: HttpRequest, thing: Tidying) -> HttpResponse:
    asked = request.POST.get("to", "") if request.method == "POST" else ""
    posted = {asked: request.POST}
    forms_ = {
        "rename": RenameForm(posted.get("rename"), prefix="rename", initial={"name": thing.name}),
        "delete": DeleteForm(posted.get("delete"), prefix="delete", what=thing.what),
    }
    try:
        if to := _done(request, asked, thing, forms_):
            return redirect(to)
    except Refused as refusal:
        return _shown(request, thing, forms_, asked, str(refusal))
    return _shown(request, thing, forms_, asked)


def _done(request: HttpRequest, asked: str, thing: Tidying, given: dict[str, forms.Form]) -> str:
    """Where to go on; empty where nothing was done."""
    if asked in ("archive", "unarchive"):
        thing.archive(asked == "archive")
        messages.success(request, f"{thing.name} is {'in' if asked == 'archive' else 'out of'} the archive.")
        return request.path
    if asked not in given or not given[asked].is_valid():
        return ""
    if asked == "rename":
        to = thing.rename(given[asked].cleaned_data["name"].strip())
        messages.success(request, "Renamed.")
        return to
    thing.delete(given[asked].cleaned_data["typed"])
    messages.success(request, f"The {thing.what} {thing.name} is deleted.")
    return thing.all


def _shown(
    request: HttpRequest, thing: Tidying, given: dict[str, forms.Form], asked: str, refusal: str = ""
) -> HttpResponse:
    field = {"rename": "name", "delete": "" if thing.held else "typed"}.get(asked, "")
    if refusal and field:
        given[asked].add_error(field, refusal)
    wrong = refusal or any(form.errors for form in given.values())
    page = {"thing": thing, "forms": given, "problem": "" if field else refusal, "nothing": bool(wrong)}
    return render(request, "tidying.html", page, status=422 if wrong else 200)


def typed_refuse(typed: str, name: str, what: str, refused: type[Refused]) -> None:
    if typed != name:
        raise refused(f"Type the {what}'s name as it is, {name}, to delete it; nothing was deleted")
