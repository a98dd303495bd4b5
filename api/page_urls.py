from django.urls import path

from api.tokens import pages

urlpatterns = [
    path("", pages.token_list, name="api-token-list"),
    path("new/", pages.token_new, name="api-token-new"),
    path("<int:token_id>/revoke", pages.token_end, name="api-token-revoke"),
]
