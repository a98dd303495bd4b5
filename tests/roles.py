"""The one table of roles: each page and each route of the API with its methods, and whom it serves.

Researchers see all studies, those of other researchers too. Pages that only take POST are marked with it.
"""

CALLERS = (
    "anonymous", "annotator", "other annotator", "researcher of another study", "researcher", "administrator",
)  # fmt: skip
SERVED = {
    "who is not signed in": CALLERS[:1],
    "everybody": CALLERS,
    "who is signed in": CALLERS[1:],
    "who may judge in the study": ("annotator",),
    "who has judged": ("annotator",),
    "whose it is": ("annotator",),
    "the researcher whose it is": ("researcher",),
    "researchers": CALLERS[3:],
    "administrators": ("administrator",),
    "who adjudicates the study": ("other annotator",),
    "nobody": (),
}
PAGES = {
    "who is not signed in": "crowd-entry",
    "everybody": "login logout:post two-factor-code join enter healthz readyz",
    "who is signed in": "followed-ask home password picture thumbnail judge-home api-token-list api-token-new",
    "who may judge in the study": (
        "judge-page judge-save:post judge-confirm:post judge-about:post judge-audit:post "
        "judge-skip:post judge-unskip:post "
        "judge-take:post judge-present:post judge-ahead judge-pause judge-own judge-own-latest"
    ),
    "who has judged": "judge-own-item",
    "whose it is": "api-token-revoke:post",
    "who adjudicates the study": "judge-adjudicate",
    "the researcher whose it is": "upload:post upload-remove:post upload-part:post upload-look upload-picture",
    "researchers": (
        "people-list people-person people-two-factor people-two-factor-end:post "
        "people-state:post people-person-groups:post people-sign-in-link:post people-groups "
        "people-group-delete:post people-links people-invite people-crowd-link people-link-revoke:post run-list "
        "notice-list notice-count notice-read:post study-wall study-now "
        "people-link-tidy run-tidy import-tidy import-csv experiment-tidy gain-tidy online-tidy purchase-tidy "
        "run-new run-detail run-progress run-latest run-kept-at run-state:post run-retry:post run-strictness:post "
        "run-prices:post catalog product import-list import-detail import-progress "
        "upload-new:post import-new import-preview import-start:post upload-import upload-import-progress "
        "purchase-import-list purchase-import-detail purchase-import-progress study-list study-new "
        "study-plan:post study-plan-fix:post study-preview-new:post study study-figures study-state:post "
        "study-preview study-protocol study-annotators study-annotator:post study-annotator-days study-judgments-list "
        "study-manage study-judgments-change:post study-compare study-compare-csv "
        "study-panel study-panel-csv "
        "study-panel-svg study-strictness:post study-items study-report study-report-markdown study-report-json "
        "study-export study-skips study-skip-list study-skips-offer:post study-unseen-offer:post "
        "study-exports study-export-manifest "
        "study-export-configuration "
        "knowledge knowledge-download intention "
        "connection-test:post run-forecast:post prompts-copy:post prompts-preview:post prompts-try:post "
        "treated-example feature-list feature-discard:post "
        "experiment-list experiment-new experiment experiment-pairs experiment-progress experiment-json experiment-csv "
        "run-diversity run-diversity-progress run-diversity-ask:post run-alarms intention-neighbours "
        "study-preferences-csv study-periods study-periods-csv evaluation-list evaluation-detail evaluation-compare "
        "evaluation-answers purchase-list purchase-detail purchase-csv "
        "online-list online-detail online-new online-end:post "
        "training-list training-detail training-progress training-state:post training-csv "
        "training-gain study-crowd study-codes:post study-codes-check:post study-places:post study-demographics"
    ),
    "administrators": (
        "people-person-two-factor:post people-trail people-erase people-password webhooks webhook-remove:post metrics "
        "administration lockout-end:post"
    ),
    "nobody": "sso-begin sso-back",  # where no single sign-on is set up
}
ROUTES = {
    "everybody": "schema:get docs:get",
    "who is signed in": "picture:get my-studies:get",
    "who may judge in the study": "next:post confirm:post skip:post skip:delete own-judgments:get own-judgments:post",
    "who has judged": "judgment:get judgment-audit:post judgment-revisions:post",
    "who adjudicates the study": "adjudication:get adjudication:post",
    "researchers": (
        "product-list:get product:get cobuy-list:get cobuy:get experiment-list:get experiment-list:post experiment:get "
        "experiment:patch experiment:delete "
        "run-list:get run-list:post run:get run:patch run:delete run-status:get "
        "run-pause:post run-resume:post run-cancel:post run-retry:post intention-list:get intention:get "
        "study-list:get study-list:post study:get study:patch study:delete "
        "study-figures:get study-judgments:get study-export:get "
        "study-export-manifest:get run-intentions-jsonl:get run-intentions-csv:get server-check:post study-plan:post "
        "run-diversity:get run-diversity:post alarm-limits:get alarm-limits:patch study-preferences:get "
        "study-periods:get evaluation-list:get evaluation:get evaluation-answers:get evaluation-comparison:get "
        "online-list:get online-list:post online:get online:patch online:delete "
        "online-stop:post online-results:get online-assignment:get "
        "online-exposures:post online-outcomes:post online-erasures:post "
        "purchase-test-list:get purchase-test:get purchase-test:patch purchase-test:delete "
        "training-list:get training:get training-curve:get "
        "gain-list:get gain:get gain:patch gain:delete "
        "study-code-checks:post study-skip-list:get study-skips-offer:post "
        "study-judgment-list:get study-judgments-leave-out:post study-judgments-take-back:post "
        "study-judgments-send-back:post study-judgments-offer:post study-assignments:get study-assignments:post "
        "study-assignments:delete study-adjudication-list:get study-annotator-list:get study-annotator:get "
        "study-annotator:patch study-annotator-days:get"
    ),
    "administrators": (
        "trail:get person-erasure:get person-erasure:post "
        "token-list:get token:delete webhook-list:get webhook-list:post webhook:delete webhook-deliveries:get"
    ),
    "nobody": "not-found:get",
}


def doors(table: dict[str, str]) -> dict[str, str]:
    """Each page or route with the door that it has."""
    return {name: door for door, names in table.items() for name in names.split()}
