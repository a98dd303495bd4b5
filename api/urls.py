from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from api import docs, people, trail
from api.base.not_found import NotFound
from api.judging import adjudicating
from api.judging import views as judging
from api.research import (
    alarms,
    annotators,
    catalog,
    crowd,
    desk,
    exports,
    intentions,
    runs,
    servers,
    studies,
    webhooks,
)
from api.research.bench import diversity, evaluations, experiments, online, purchases, trainings
from api.tokens import routes as token_routes
from distillation import urls as _converters  # noqa: F401 - it registers asin and digest


class RunNameConverter(StringConverter):
    regex = r"[\w.-]{1,100}"


register_converter(RunNameConverter, "run")

app_name = "api"
urlpatterns = [
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("docs/", docs.docs, name="docs"),
    path("products", catalog.Products.as_view(), name="product-list"),
    path("products/<asin:asin>", catalog.ProductDetail.as_view(), name="product"),
    path("cobuys", catalog.CoBuys.as_view(), name="cobuy-list"),
    path("cobuys/<int:cobuy_id>", catalog.CoBuyDetail.as_view(), name="cobuy"),
    path("pictures/<digest:digest>.jpg", catalog.PictureDetail.as_view(), name="picture"),
    path("runs", runs.Runs.as_view(), name="run-list"),
    path("runs/<run:name>", runs.RunDetail.as_view(), name="run"),
    path("runs/<run:name>/status", runs.RunStatus.as_view(), name="run-status"),
    path("runs/<run:name>/pause", runs.RunPause.as_view(), name="run-pause"),
    path("runs/<run:name>/resume", runs.RunResume.as_view(), name="run-resume"),
    path("runs/<run:name>/cancel", runs.RunCancel.as_view(), name="run-cancel"),
    path("runs/<run:name>/retry", runs.RunRetry.as_view(), name="run-retry"),
    path("runs/<run:name>/intentions.jsonl", exports.RunIntentionsLines.as_view(), name="run-intentions-jsonl"),
    path("runs/<run:name>/intentions.csv", exports.RunIntentionsCsv.as_view(), name="run-intentions-csv"),
    path("experiments", experiments.Experiments.as_view(), name="experiment-list"),
    path("experiments/<run:name>", experiments.ExperimentDetail.as_view(), name="experiment"),
    path("runs/<run:name>/diversity", diversity.RunDiversity.as_view(), name="run-diversity"),
    path("alarm-limits", alarms.AlarmLimitsDetail.as_view(), name="alarm-limits"),
    path("evaluations", evaluations.Evaluations.as_view(), name="evaluation-list"),
    path("evaluations/<run:name>", evaluations.EvaluationDetail.as_view(), name="evaluation"),
    path("evaluations/<run:name>/answers", evaluations.EvaluationAnswers.as_view(), name="evaluation-answers"),
    path("evaluation-comparison", evaluations.EvaluationComparison.as_view(), name="evaluation-comparison"),
    path("trainings", trainings.Trainings.as_view(), name="training-list"),
    path("trainings/<run:name>", trainings.TrainingDetail.as_view(), name="training"),
    path("trainings/<run:name>/curve", trainings.TrainingCurve.as_view(), name="training-curve"),
    path("gains", trainings.Gains.as_view(), name="gain-list"),
    path("gains/<run:name>", trainings.GainDetail.as_view(), name="gain"),
    path("purchase-tests", purchases.PurchaseTests.as_view(), name="purchase-test-list"),
    path("purchase-tests/<int:test_id>", purchases.PurchaseTestDetail.as_view(), name="purchase-test"),
    path("online-experiments", online.OnlineExperiments.as_view(), name="online-list"),
    path("online-experiments/<run:name>", online.OnlineDetail.as_view(), name="online"),
    path("online-experiments/<run:name>/stop", online.OnlineStop.as_view(), name="online-stop"),
    path("online-experiments/<run:name>/results", online.OnlineResults.as_view(), name="online-results"),
    path("online-experiments/<run:name>/assignment", online.OnlineAssignment.as_view(), name="online-assignment"),
    path("online-experiments/<run:name>/exposures", online.OnlineExposures.as_view(), name="online-exposures"),
    path("online-experiments/<run:name>/outcomes", online.OnlineOutcomes.as_view(), name="online-outcomes"),
    path("online-experiments/<run:name>/erasures", online.OnlineErasure.as_view(), name="online-erasures"),
    path("servers/check", servers.ServerCheck.as_view(), name="server-check"),
    path("intentions", intentions.Intentions.as_view(), name="intention-list"),
    path("intentions/<int:intention_id>", intentions.IntentionDetail.as_view(), name="intention"),
    path("studies", studies.Studies.as_view(), name="study-list"),
    path("studies/<int:study_id>", studies.StudyDetail.as_view(), name="study"),
    path("studies/<int:study_id>/plan", studies.StudyPlanFixed.as_view(), name="study-plan"),
    path("studies/<int:study_id>/figures", studies.StudyFigures.as_view(), name="study-figures"),
    path("studies/<int:study_id>/preferences", studies.StudyPreferences.as_view(), name="study-preferences"),
    path("studies/<int:study_id>/periods", studies.StudyPeriods.as_view(), name="study-periods"),
    path("studies/<int:study_id>/code-checks", crowd.StudyCodeChecks.as_view(), name="study-code-checks"),
    path("studies/<int:study_id>/skips", crowd.StudySkips.as_view(), name="study-skip-list"),
    path("studies/<int:study_id>/skips/offer", crowd.StudySkipsOffer.as_view(), name="study-skips-offer"),
    path("studies/<int:study_id>/all-judgments", desk.StudyJudgments.as_view(), name="study-judgment-list"),
    path(
        "studies/<int:study_id>/all-judgments/leave-out",
        desk.StudyJudgmentsLeaveOut.as_view(),
        name="study-judgments-leave-out",
    ),
    path(
        "studies/<int:study_id>/all-judgments/take-back",
        desk.StudyJudgmentsTakeBack.as_view(),
        name="study-judgments-take-back",
    ),
    path(
        "studies/<int:study_id>/all-judgments/send-back",
        desk.StudyJudgmentsSendBack.as_view(),
        name="study-judgments-send-back",
    ),
    path(
        "studies/<int:study_id>/all-judgments/offer", desk.StudyJudgmentsOffer.as_view(), name="study-judgments-offer"
    ),
    path("studies/<int:study_id>/annotators", annotators.StudyAnnotators.as_view(), name="study-annotator-list"),
    path(
        "studies/<int:study_id>/annotators/<int:participant_id>",
        annotators.StudyAnnotator.as_view(),
        name="study-annotator",
    ),
    path(
        "studies/<int:study_id>/annotators/<int:participant_id>/days",
        annotators.StudyAnnotatorDays.as_view(),
        name="study-annotator-days",
    ),
    path("studies/<int:study_id>/assignments", desk.StudyAssignments.as_view(), name="study-assignments"),
    path("studies/<int:study_id>/adjudications", desk.StudyAdjudications.as_view(), name="study-adjudication-list"),
    path("studies/<int:study_id>/adjudication", adjudicating.Adjudicating.as_view(), name="adjudication"),
    path("studies/<int:study_id>/judgments.csv", exports.StudyJudgments.as_view(), name="study-judgments"),
    path("studies/<int:study_id>/export", exports.StudyExport.as_view(), name="study-export"),
    path(
        "studies/<int:study_id>/exports/<int:export_id>", exports.ExportManifest.as_view(), name="study-export-manifest"
    ),
    path("studies/<int:study_id>/next", judging.NextItem.as_view(), name="next"),
    path("studies/<int:study_id>/confirm", judging.Confirm.as_view(), name="confirm"),
    path("studies/<int:study_id>/skip", judging.ItemSkip.as_view(), name="skip"),
    path("studies/<int:study_id>/judgments", judging.OwnJudgments.as_view(), name="own-judgments"),
    path("my-studies", judging.MyStudies.as_view(), name="my-studies"),
    path("judgments/<int:judgment_id>", judging.JudgmentDetail.as_view(), name="judgment"),
    path("judgments/<int:judgment_id>/audit", judging.JudgmentAudit.as_view(), name="judgment-audit"),
    path("judgments/<int:judgment_id>/revisions", judging.JudgmentRevisions.as_view(), name="judgment-revisions"),
    path("tokens", token_routes.Tokens.as_view(), name="token-list"),
    path("tokens/<int:token_id>", token_routes.TokenDetail.as_view(), name="token"),
    path("people/<int:person_id>/erasure", people.PersonErasure.as_view(), name="person-erasure"),
    path("trail", trail.Trail.as_view(), name="trail"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhook-list"),
    path("webhooks/<int:webhook_id>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("webhooks/<int:webhook_id>/deliveries", webhooks.WebhookDeliveries.as_view(), name="webhook-deliveries"),
    re_path(r"[\s\S]*", NotFound.as_view(), name="not-found"),  # a line's end too
]
