from django.urls import path

from webhooks import views

urlpatterns = [
    path("", views.webhook_list, name="webhooks"),
    path("<int:webhook_id>/remove", views.webhook_delete, name="webhook-remove"),
]
