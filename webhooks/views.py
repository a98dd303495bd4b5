from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import administrator_required
from accounts.requests import PersonRequest
from webhooks.forms import WebhookForm
from webhooks.models import Delivery, Webhook
from webhooks.services import WebhookRefused, webhook_add, webhook_remove

SHOWN = 30


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def webhook_list(request: PersonRequest) -> HttpResponse:
    form, made = WebhookForm(request.POST or None), None
    if form.is_valid():
        try:
            made = webhook_add(**form.cleaned_data, by=request.user)
            form = WebhookForm()
        except WebhookRefused as refusal:
            form.add_error("url", str(refusal))
    page = {
        "form": form,
        "made": made,  # its secret is shown this once
        "webhooks": Webhook.objects.select_related("created_by").order_by("pk"),
        "deliveries": Delivery.objects.select_related("webhook").order_by("-pk")[:SHOWN],
    }
    return render(request, "webhooks/list.html", page)


@require_POST
@administrator_required
def webhook_delete(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook_remove(webhook=get_object_or_404(Webhook, pk=webhook_id))
    messages.success(request, "The webhook is removed, with its deliveries.")
    return redirect("webhooks")
