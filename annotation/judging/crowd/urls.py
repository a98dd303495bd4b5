from django.urls import path

from annotation.judging.crowd import views

urlpatterns = [path("<str:token>/", views.crowd_entry, name="crowd-entry")]
