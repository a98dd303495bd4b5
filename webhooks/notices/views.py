from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from webhooks.models import Notice
from webhooks.notices.services import choice_of, choice_save, notices_look, notices_read

SHOWN = 100


class ChoiceForm(forms.Form):
    in_browser = forms.BooleanField(label="In the browser, beside my name", required=False)
    by_email = forms.BooleanField(label="By email", required=False)
    own_only = forms.BooleanField(
        label="Of runs and studies, only of my own and of what a command started", required=False
    )
    email = forms.EmailField(label="Email address", required=False)

    def clean(self) -> dict:
        said = super().clean() or {}
        if said.get("by_email") and not said.get("email") and "email" not in self.errors:
            self.add_error("email", "Write where the mails go")
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def notice_list(request: PersonRequest) -> HttpResponse:
    choice, person = choice_of(request.user), request.user
    proposed = {name: getattr(choice, name) for name in ("in_browser", "by_email", "own_only")} | {
        "email": person.email
    }
    form = ChoiceForm(request.POST or None, initial=proposed)
    if form.is_valid():
        chosen = dict(form.cleaned_data)
        person.email = chosen.pop("email")
        person.save(update_fields=["email"])
        choice_save(person=person, **chosen)
        messages.success(request, "Saved.")
        return redirect("notice-list")
    page = {"form": form, "notices": Notice.objects.shown_to(person)[:SHOWN], "has_mail": bool(settings.EMAIL_HOST)}
    page["unmailed"] = Notice.objects.filter(person=person, mail=Notice.Mail.FAILED).order_by("-pk")[:SHOWN]
    return render(request, "notices/list.html", page, status=422 if form.errors else 200)


@require_safe
@researcher_required
def notice_count(request: PersonRequest) -> HttpResponse:
    """Polled beside the name; a 204 leaves it as it is."""
    notices_look()
    n = Notice.objects.shown_to(request.user).unread().count()
    if request.GET.get("n") == str(n):
        return HttpResponse(status=204)
    return render(request, "notices/_count.html", {"n": n})


@require_POST
@researcher_required
def notice_read(request: PersonRequest) -> HttpResponse:
    notices_read(person=request.user)
    return redirect("notice-list")
