"""Catalog and pipeline: what was bought together, and what the LVLM said of it."""

from distillation.models.alarms import Alarm, AlarmLimits
from distillation.models.batches import Batch, BatchCall, BatchQuerySet
from distillation.models.catalog import (
    CatalogImport,
    CatalogImportQuerySet,
    CoBuy,
    CoBuyAgain,
    CoBuyQuerySet,
    OwedIndex,
    Picture,
    PictureSource,
    Product,
    ProductAgain,
    TreatedPicture,
)
from distillation.models.imports import FileImport
from distillation.models.intentions import Exposure, Failure, Intention, IntentionQuerySet, Verdict, VerdictQuerySet
from distillation.models.prompts import PromptVersion
from distillation.models.purchases import BuyerKey, Purchase, PurchaseImport
from distillation.models.runs import (
    WORKER_GONE_SECONDS,
    Feature,
    FeatureQuerySet,
    Run,
    RunCoBuy,
    RunProduct,
    RunQuerySet,
    RunTick,
    Worker,
    WorkerQuerySet,
)
from distillation.models.uploads import Upload, UploadImport, UploadQuerySet

__all__ = [
    "WORKER_GONE_SECONDS",
    "Alarm",
    "AlarmLimits",
    "Batch",
    "BatchCall",
    "BatchQuerySet",
    "BuyerKey",
    "CatalogImport",
    "CatalogImportQuerySet",
    "CoBuy",
    "CoBuyAgain",
    "CoBuyQuerySet",
    "Exposure",
    "Failure",
    "Feature",
    "FeatureQuerySet",
    "FileImport",
    "Intention",
    "IntentionQuerySet",
    "OwedIndex",
    "Picture",
    "PictureSource",
    "Product",
    "ProductAgain",
    "PromptVersion",
    "Purchase",
    "PurchaseImport",
    "Run",
    "RunCoBuy",
    "RunProduct",
    "RunQuerySet",
    "RunTick",
    "TreatedPicture",
    "Upload",
    "UploadImport",
    "UploadQuerySet",
    "Verdict",
    "VerdictQuerySet",
    "Worker",
    "WorkerQuerySet",
]
