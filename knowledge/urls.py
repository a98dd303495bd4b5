from django.urls import path

from knowledge import export_views as knowledge_export_views
from knowledge import views as knowledge_views

urlpatterns = [
    path("", knowledge_views.knowledge, name="knowledge"),
    path("download", knowledge_export_views.knowledge_download, name="knowledge-download"),
    path("<int:intention_id>/", knowledge_views.intention, name="intention"),
]
