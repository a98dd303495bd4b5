from django.urls import URLPattern, URLResolver, path

from research.experiments import pair_views as pairs
from research.experiments import views as experiments

urlpatterns: list[URLPattern | URLResolver] = [
    path("experiments/", experiments.experiment_list, name="experiment-list"),
    path("experiments/new", experiments.experiment_new, name="experiment-new"),
    path("experiments/<str:name>/", experiments.experiment_detail, name="experiment"),
    path("experiments/<str:name>/pairs", pairs.experiment_pairs, name="experiment-pairs"),
    path("experiments/<str:name>/json", experiments.experiment_json, name="experiment-json"),
    path("experiments/<str:name>/csv", experiments.experiment_csv, name="experiment-csv"),
]
