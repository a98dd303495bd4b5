"""Catalog and pipeline: what was bought together, and what the LVLM said of it."""

from distillation.models.catalog import CatalogImport, CoBuy, CoBuyQuerySet, OwedIndex, Picture, PictureSource, Product
from distillation.models.intentions import Exposure, Failure, Intention, IntentionQuerySet, Verdict, VerdictQuerySet
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

__all__ = [
    "WORKER_GONE_SECONDS",
    "CatalogImport",
    "CoBuy",
    "CoBuyQuerySet",
    "Exposure",
    "Failure",
    "Feature",
    "FeatureQuerySet",
    "Intention",
    "IntentionQuerySet",
    "OwedIndex",
    "Picture",
    "PictureSource",
    "Product",
    "Run",
    "RunCoBuy",
    "RunProduct",
    "RunQuerySet",
    "RunTick",
    "Verdict",
    "VerdictQuerySet",
    "Worker",
    "WorkerQuerySet",
]
