from django.urls import path

from annotation.design import views as design_views
from annotation.desk import adjudicate_views, erase_views, judgment_views, manage_views, person_views, unseen_views
from annotation.exchange import views as export_views
from annotation.figures.pages import compare_views, item_views, panel_views, report_views, skip_views, wall_views
from annotation.figures.pages import views as study_views
from annotation.figures.periods import views as period_views
from annotation.figures.preferences import views as preference_views
from annotation.judging import preview_views
from annotation.judging.crowd import pages as crowd_pages

urlpatterns = [
    path("judge/<int:study_id>/adjudicate", adjudicate_views.judge_adjudicate, name="judge-adjudicate"),
    path("people/<int:person_id>/erase", erase_views.person_erasure, name="people-erase"),
    path("studies/", study_views.study_list, name="study-list"),
    path("studies/new/", design_views.study_new, name="study-new"),
    path("studies/plan", design_views.study_plan, name="study-plan"),
    path("studies/preview", preview_views.study_preview_new, name="study-preview-new"),
    path("studies/<int:study_id>/", study_views.study_detail, name="study"),
    path("studies/<int:study_id>/figures", study_views.study_figures, name="study-figures"),
    path("studies/<int:study_id>/panels/<slug:name>/", panel_views.study_panel, name="study-panel"),
    path("studies/<int:study_id>/panels/<slug:name>.csv", panel_views.study_panel_csv, name="study-panel-csv"),
    path("studies/<int:study_id>/panels/<slug:name>.svg", panel_views.study_panel_svg, name="study-panel-svg"),
    path(
        "studies/<int:study_id>/preferences/<slug:name>.csv",
        preference_views.study_preferences_csv,
        name="study-preferences-csv",
    ),
    path("studies/<int:study_id>/periods/", period_views.study_periods, name="study-periods"),
    path(
        "studies/<int:study_id>/periods/<slug:by>/<slug:name>.csv",
        period_views.study_periods_csv,
        name="study-periods-csv",
    ),
    path("studies/<int:study_id>/strictness", panel_views.study_strictness, name="study-strictness"),
    path("studies/<int:study_id>/items/", item_views.study_items, name="study-items"),
    path("studies/<int:study_id>/manage/", manage_views.study_manage, name="study-manage"),
    path("studies/<int:study_id>/judgments/", judgment_views.study_judgments, name="study-judgments-list"),
    path(
        "studies/<int:study_id>/judgments/change",
        judgment_views.study_judgments_change,
        name="study-judgments-change",
    ),
    path(
        "studies/<int:study_id>/annotators/<int:participant_id>/days",
        person_views.study_annotator_days,
        name="study-annotator-days",
    ),
    path("studies/<int:study_id>/skips/", skip_views.study_skip_list, name="study-skip-list"),
    path("studies/<int:study_id>/skips/offer", skip_views.study_skips_offer, name="study-skips-offer"),
    path("studies/<int:study_id>/skips/unseen", unseen_views.study_unseen_offer, name="study-unseen-offer"),
    path("studies/<int:study_id>/crowd/", crowd_pages.study_crowd, name="study-crowd"),
    path("studies/<int:study_id>/demographics.csv", export_views.study_demographics, name="study-demographics"),
    path("studies/<int:study_id>/crowd/codes", crowd_pages.study_codes, name="study-codes"),
    path("studies/<int:study_id>/crowd/check", crowd_pages.study_codes_check, name="study-codes-check"),
    path("studies/<int:study_id>/crowd/links/<int:link_id>", crowd_pages.study_places, name="study-places"),
    path("studies/<int:study_id>/wall/", wall_views.study_wall, name="study-wall"),
    path("studies/<int:study_id>/wall/now", wall_views.study_now, name="study-now"),
    path("studies/<int:study_id>/report/", report_views.study_report_page, name="study-report"),
    path("studies/<int:study_id>/report.md", report_views.study_report_markdown, name="study-report-markdown"),
    path("studies/<int:study_id>/report.json", report_views.study_report_json, name="study-report-json"),
    path("studies/<int:study_id>/compare/", compare_views.study_compare, name="study-compare"),
    path(
        "studies/<int:study_id>/compare/<slug:measure>.csv", compare_views.study_compare_csv, name="study-compare-csv"
    ),
    path("studies/<int:study_id>/state", study_views.study_state, name="study-state"),
    path("studies/<int:study_id>/preview", preview_views.study_preview, name="study-preview"),
    path("studies/<int:study_id>/protocol/", design_views.study_protocol, name="study-protocol"),
    path("studies/<int:study_id>/plan", design_views.study_plan_fix, name="study-plan-fix"),
    path("studies/<int:study_id>/annotators/", study_views.study_annotators, name="study-annotators"),
    path(
        "studies/<int:study_id>/annotators/<int:participant_id>/", study_views.study_annotator, name="study-annotator"
    ),
    path("studies/<int:study_id>/judgments.csv", export_views.study_export, name="study-export"),
    path("studies/<int:study_id>/skips.csv", export_views.study_skips, name="study-skips"),
    path("studies/<int:study_id>/exports/", export_views.study_exports, name="study-exports"),
    path(
        "studies/<int:study_id>/exports/<int:export_id>/manifest.json",
        export_views.export_manifest,
        name="study-export-manifest",
    ),
    path(
        "studies/<int:study_id>/exports/<int:export_id>/config.xml",
        export_views.export_configuration,
        name="study-export-configuration",
    ),
]
