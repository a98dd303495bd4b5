"""The start page, passwords, and the pages behind invitations and sign-in links."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import sign_in
from accounts.forms import ChangePasswordForm, JoinForm
from accounts.links import LinkRefused, invitation_accept, link_open, link_refuse_full, sign_in_link_use
from accounts.models import Link, User
from accounts.requests import PersonRequest
from accounts.two_factor.pending import code_asked


@login_required
def home(request: PersonRequest) -> HttpResponse:
    return redirect("study-list" if request.user.is_researcher else "judge-home")


class SignIn(LoginView):
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return code_asked(self.request, form.get_user(), self.get_success_url()) or super().form_valid(form)

    def get_context_data(self, **more) -> dict:
        sso = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(sso=sso, passwords=settings.PASSWORDS, **more)


class ChangePassword(PasswordChangeView):
    form_class = ChangePasswordForm
    template_name = "registration/password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(
            self.request, _("Your password is changed; other browsers are signed out, and your API tokens have ended.")
        )
        return super().form_valid(form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    form = JoinForm(request.POST or None)
    try:
        if not settings.PASSWORDS:
            raise LinkRefused(_("Accounts here have no passwords: sign in by %(name)s") % {"name": settings.OIDC_NAME})
        link = link_open(kind=Link.Kind.INVITATION, token=token)
        link_refuse_full(link)
        if form.is_valid() and (user := _accept(token, form)):
            sign_in(request, user)
            return redirect("judge-page", link.study_id) if link.study_id else redirect("home")
    except LinkRefused as refusal:
        return link_refused(request, refusal)
    return render(request, "registration/join.html", {"form": form, "link": link})


def _accept(token: str, form: JoinForm) -> User | None:
    """The new user; None, with the form's error, where somebody took the name a moment ago."""
    try:
        name, password = form.cleaned_data["username"], form.cleaned_data["password1"]
        return invitation_accept(token=token, username=name, password=password)
    except (ValidationError, IntegrityError):
        form.add_error("username", _("This name is taken; choose another"))
        return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link does not use it up, because programs that preview links fetch it; pressing the button does."""
    try:
        if request.method == "POST":
            person = sign_in_link_use(token=token)
            if (asked := code_asked(request, person)) is None:
                sign_in(request, person)
            return asked or redirect("home")
        link = link_open(kind=Link.Kind.SIGN_IN, token=token)
        link_refuse_full(link)
    except LinkRefused as refusal:
        return link_refused(request, refusal)
    return render(request, "registration/enter.html", {"person": link.person})


def link_refused(request: HttpRequest, why: Exception) -> HttpResponse:
    return render(request, "registration/link_refused.html", {"why": str(why)}, status=403)
