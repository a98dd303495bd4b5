from django.urls import path

from annotation import judge_views, study_views

urlpatterns = [
    path("judge/", judge_views.judge_home, name="judge-home"),
    path("judge/<int:study_id>/", judge_views.judge_page, name="judge-page"),
    path("judge/<int:study_id>/save", judge_views.judge_save, name="judge-save"),
    path("judge/<int:study_id>/audit", judge_views.judge_audit, name="judge-audit"),
    path("judge/<int:study_id>/skip", judge_views.judge_skip, name="judge-skip"),
    path("studies/", study_views.study_list, name="study-list"),
    path("studies/new/", study_views.study_new, name="study-new"),
    path("studies/<int:study_id>/", study_views.study_detail, name="study"),
    path("studies/<int:study_id>/figures", study_views.study_figures, name="study-figures"),
    path("studies/<int:study_id>/state", study_views.study_state, name="study-state"),
    path("studies/<int:study_id>/judgments.csv", study_views.study_export, name="study-export"),
]
