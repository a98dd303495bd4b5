from django.urls import path

from webhooks.notices import views

urlpatterns = [
    path("", views.notice_list, name="notice-list"),
    path("count", views.notice_count, name="notice-count"),
    path("read", views.notice_read, name="notice-read"),
]
