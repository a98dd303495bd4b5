"""Asked for most, and so looked through first: the two of each judgment before all others."""

from django.urls import path

from annotation.judging import own_views
from annotation.judging import views as judge_views

urlpatterns = [
    path("<int:study_id>/save", judge_views.judge_save, name="judge-save"),
    path("<int:study_id>/audit", judge_views.judge_audit, name="judge-audit"),
    path("", judge_views.judge_home, name="judge-home"),
    path("<int:study_id>/", judge_views.judge_page, name="judge-page"),
    path("<int:study_id>/confirm", judge_views.judge_confirm, name="judge-confirm"),
    path("<int:study_id>/about", judge_views.judge_about, name="judge-about"),
    path("<int:study_id>/skip", judge_views.judge_skip, name="judge-skip"),
    path("<int:study_id>/unskip", judge_views.judge_unskip, name="judge-unskip"),
    path("<int:study_id>/take", judge_views.judge_take, name="judge-take"),
    path("<int:study_id>/present", judge_views.judge_present, name="judge-present"),
    path("<int:study_id>/ahead", judge_views.judge_ahead, name="judge-ahead"),
    path("<int:study_id>/pause", judge_views.judge_pause, name="judge-pause"),
    path("<int:study_id>/own/", own_views.judge_own, name="judge-own"),
    path("<int:study_id>/own/latest", own_views.judge_own_latest, name="judge-own-latest"),
    path("<int:study_id>/own/<int:judgment_id>/", own_views.judge_own_item, name="judge-own-item"),
]
