from django.urls import path

from annotation import knowledge_views

urlpatterns = [
    path("", knowledge_views.knowledge, name="knowledge"),
    path("<int:intention_id>/", knowledge_views.intention, name="intention"),
]
