from django.urls import URLPattern, URLResolver, path

from research.alarm_views import run_alarms
from research.diversity import neighbour_views
from research.diversity import views as diversity
from research.evaluations import views as evaluations
from research.experiment_tidying import experiment_tidy
from research.experiments import pair_views as pairs
from research.experiments import views as experiments
from research.experiments.blunt import views as asking
from research.gains import views as gains
from research.online import views as online
from research.purchases import views as purchases
from research.tidying import views as tidying
from research.trainings import views as trainings

urlpatterns: list[URLPattern | URLResolver] = [
    path("experiments/", experiments.experiment_list, name="experiment-list"),
    path("experiments/new", experiments.experiment_new, name="experiment-new"),
    path("experiments/<str:name>/", experiments.experiment_detail, name="experiment"),
    path("experiments/<str:name>/tidy", experiment_tidy, name="experiment-tidy"),
    path("experiments/<str:name>/progress", experiments.experiment_polled, name="experiment-progress"),
    path("experiments/<str:name>/pairs", pairs.experiment_pairs, name="experiment-pairs"),
    path("follows/<int:arm_id>/", asking.followed_ask, name="followed-ask"),
    path("experiments/<str:name>/json", experiments.experiment_json, name="experiment-json"),
    path("experiments/<str:name>/csv", experiments.experiment_csv, name="experiment-csv"),
    path("neighbours/<int:intention_id>/", neighbour_views.neighbours, name="intention-neighbours"),
    path("alarms/", run_alarms, name="run-alarms"),
    path("diversity/<str:name>/", diversity.run_diversity, name="run-diversity"),
    path("diversity/<str:name>/progress", diversity.run_diversity_progress, name="run-diversity-progress"),
    path("diversity/<str:name>/ask", diversity.run_diversity_ask, name="run-diversity-ask"),
    path("evaluations/", evaluations.evaluation_list, name="evaluation-list"),
    path("evaluations/compare", evaluations.evaluation_compare, name="evaluation-compare"),
    path("evaluations/<int:evaluation_id>/", evaluations.evaluation_detail, name="evaluation-detail"),
    path("online/", online.online_list, name="online-list"),
    path("online/new", online.online_new, name="online-new"),
    path("online/<str:name>/stop", online.online_end, name="online-end"),
    path("online/<str:name>/tidy", tidying.online_tidy, name="online-tidy"),
    path("online/<str:name>/", online.online_detail, name="online-detail"),
    path("gains/<str:name>/tidy", tidying.gain_tidy, name="gain-tidy"),
    path("gains/<str:name>/", gains.gain_detail, name="training-gain"),
    path("trainings/", trainings.training_list, name="training-list"),
    path("trainings/<str:name>/", trainings.training_detail, name="training-detail"),
    path("trainings/<str:name>/progress", trainings.training_progress, name="training-progress"),
    path("trainings/<str:name>/state", trainings.training_state, name="training-state"),
    path("trainings/<str:name>/curve.csv", trainings.training_csv, name="training-csv"),
    path("purchases/", purchases.purchase_list, name="purchase-list"),
    path("purchases/<str:name>/tidy", tidying.purchase_tidy, name="purchase-tidy"),
    path("purchases/<str:name>/", purchases.purchase_detail, name="purchase-detail"),
    path("purchases/<int:test_id>/<slug:ranker>/<slug:table>.csv", purchases.purchase_csv, name="purchase-csv"),
    path("evaluations/<int:evaluation_id>/answers.csv", evaluations.evaluation_answers, name="evaluation-answers"),
]
