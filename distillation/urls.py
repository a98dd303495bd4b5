from django.urls import path, register_converter
from django.urls.converters import StringConverter

from distillation.catalog import import_views, removing_views
from distillation.catalog import views as catalog_views
from distillation.catalog.pictures.views import picture
from distillation.features import views as features
from distillation.purchases import views as purchases
from distillation.runs.pages import connection, forecast, prompts, tidying, treatments, views
from distillation.treatments import TREATED
from distillation.uploads import other_views as other_uploads
from distillation.uploads import tus
from distillation.uploads import views as uploads


class DigestConverter:
    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AsinConverter(StringConverter):
    regex = r"[^/\x00]{1,32}"  # PostgreSQL's text has no NUL


class TreatmentConverter(StringConverter):
    regex = "|".join(TREATED)


class CatalogFileConverter(StringConverter):
    regex = "products|cobuys"


register_converter(CatalogFileConverter, "catalogfile")
register_converter(TreatmentConverter, "treatment")
register_converter(DigestConverter, "digest")
register_converter(AsinConverter, "asin")

urlpatterns = [
    path("runs/", views.run_list, name="run-list"),
    path("runs/connection", connection.connection_test, name="connection-test"),
    path("runs/prompts/copy", prompts.prompts_copy, name="prompts-copy"),
    path("runs/prompts/preview", prompts.prompts_preview, name="prompts-preview"),
    path("runs/prompts/try", prompts.prompts_trial, name="prompts-try"),
    path("features/", features.feature_list, name="feature-list"),
    path("features/discard", features.feature_discard, name="feature-discard"),
    path("runs/forecast", forecast.run_forecast, name="run-forecast"),
    path("runs/new/", views.run_new, name="run-new"),
    path("runs/<str:name>/", views.run_detail, name="run-detail"),
    path("runs/<str:name>/tidy", tidying.run_tidy, name="run-tidy"),
    path("runs/<str:name>/progress", views.run_progress, name="run-progress"),
    path("runs/<str:name>/latest", views.run_latest, name="run-latest"),
    path("runs/<str:name>/kept", views.run_kept_at, name="run-kept-at"),
    path("runs/<str:name>/state", views.run_state, name="run-state"),
    path("runs/<str:name>/retry", views.run_retry, name="run-retry"),
    path("runs/<str:name>/strictness", views.run_strictness, name="run-strictness"),
    path("runs/<str:name>/prices", views.run_prices, name="run-prices"),
    path("catalog/", catalog_views.catalog, name="catalog"),
    path("catalog/<asin:asin>/", catalog_views.product, name="product"),
    path("imports/", import_views.import_list, name="import-list"),
    path("imports/<int:import_id>/", import_views.import_detail, name="import-detail"),
    path("imports/<int:import_id>/progress", import_views.import_progress, name="import-progress"),
    path("imports/<int:import_id>/tidy", removing_views.import_tidy, name="import-tidy"),
    path("imports/<int:import_id>/<catalogfile:what>.csv", removing_views.import_csv, name="import-csv"),
    path("imports/new/", uploads.import_new, name="import-new"),
    path("imports/preview/", uploads.import_preview, name="import-preview"),
    path("imports/start/", uploads.import_begin, name="import-start"),
    path("imports/files/<int:import_id>/", other_uploads.upload_import, name="upload-import"),
    path("imports/files/<int:import_id>/progress", other_uploads.upload_import_progress, name="upload-import-progress"),
    path("uploads/<uuid:upload_id>/look", other_uploads.upload_look, name="upload-look"),
    path("uploads/<uuid:upload_id>/part", uploads.upload_part, name="upload-part"),
    path("uploads/<uuid:upload_id>/picture/<str:name>", uploads.upload_picture, name="upload-picture"),
    path("uploads/<uuid:upload_id>/remove", uploads.upload_remove, name="upload-remove"),
    path("uploads/", tus.upload_new, name="upload-new"),
    path("uploads/<uuid:upload_id>/", tus.upload, name="upload"),
    path("imports/purchases/", purchases.purchase_import_list, name="purchase-import-list"),
    path("imports/purchases/<int:import_id>/", purchases.purchase_import_detail, name="purchase-import-detail"),
    path(
        "imports/purchases/<int:import_id>/progress",
        purchases.purchase_import_progress,
        name="purchase-import-progress",
    ),
    path("pictures/<digest:digest>.jpg", picture, name="picture"),
    path("pictures/<digest:digest>-<treatment:treatment>.jpg", treatments.treated_example, name="treated-example"),
    path("pictures/<digest:digest>-thumb.jpg", picture, {"thumbnail": True}, name="thumbnail"),
]
