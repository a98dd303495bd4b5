"""Pages for one's own tokens: make, show once, revoke."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from api.tokens.forms import TokenForm
from api.tokens.services import TokenRefused, token_create, token_revoke


@require_safe
@login_required
def token_list(request: PersonRequest) -> HttpResponse:
    return render(request, "api_tokens/list.html", {"tokens": request.user.api_tokens.order_by("-pk")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def token_new(request: PersonRequest) -> HttpResponse:
    form = TokenForm(request.POST or None, owner=request.user)
    if form.is_valid():
        try:
            token, secret = token_create(owner=request.user, **form.made_of())
        except TokenRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "api_tokens/made.html", {"token": token, "secret": secret})
    return render(request, "api_tokens/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_required
def token_end(request: PersonRequest, token_id: int) -> HttpResponse:
    token_revoke(token=get_object_or_404(request.user.api_tokens, pk=token_id))
    return redirect("api-token-list")
