"""What a request carries beyond Django's own."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class PersonRequest(HttpRequest):
    """Of somebody who has signed in: what a view behind `login_required` and the like gets."""

    user: User
    htmx: HtmxDetails
