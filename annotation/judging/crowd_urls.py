from django.urls import path

from annotation.judging import crowd_views

urlpatterns = [path("<str:token>/", crowd_views.crowd_entry, name="crowd-entry")]
