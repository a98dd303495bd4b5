"""What drf-spectacular makes the description of the API with."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Mindsite",
    "DESCRIPTION": "Purchase intentions, and what people say of them. The rules are those of the pages.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunState": "distillation.models.Run.State",
        "StudyState": "annotation.models.Study.State",
        "AuditReason": "annotation.models.Judgment.AuditReason",
        "SkipReason": "annotation.models.Skip.Reason",
        "WebhookEvent": "webhooks.models.Event",
    },
}
