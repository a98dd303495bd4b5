"""Pictures go with the data set whose products alone had them, row and files."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from distillation.catalog.pictures.store import picture_store
from distillation.catalog.removing import data_set_delete
from distillation.models import CatalogImport, Picture, Product, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def pictures(settings: Settings, tmp_path: Path) -> tuple[Picture, Picture]:
    """The data set's own, and one that a product of no import has too."""
    settings.MEDIA_ROOT = tmp_path / "media"
    own, shared = (picture_store(png(colour)) for colour in ("red", "blue"))
    data_set = CatalogImport.objects.create(key="k", format="csv", sources=[{"name": "p.csv"}], state="done")
    for asin, picture in (("A1", own), ("A2", shared)):
        Product.objects.create(asin=asin, title=asin, picture=picture, first_import=data_set)
    Product.objects.create(asin="B1", title="B1", picture=shared)
    return own, shared


def png(colour: str) -> bytes:
    data = BytesIO()
    Image.new("RGB", (120, 80), colour).save(data, "PNG")
    return data.getvalue()


def delete(capture: Callable) -> None:
    with capture(execute=True):
        data_set = CatalogImport.objects.get(key="k")
        data_set_delete(data_set=data_set, typed=data_set.title, by=None)


def there(picture: Picture) -> tuple[bool, bool, bool]:
    names = (picture.name, picture.thumbnail_name)
    return Picture.objects.filter(pk=picture.pk).exists(), *(default_storage.exists(name) for name in names)


def test_what_nobody_else_uses_goes_and_what_somebody_does_stays(
    pictures: tuple[Picture, Picture], django_capture_on_commit_callbacks: Callable
) -> None:
    delete(django_capture_on_commit_callbacks)
    assert [there(picture) for picture in pictures] == [(False,) * 3, (True,) * 3]


def test_while_a_run_goes_on_pictures_stay_until_the_next_time(
    pictures: tuple[Picture, Picture], django_capture_on_commit_callbacks: Callable
) -> None:
    Run.objects.create(name="r1", backend="scripted", model="m", config={}, state="running")
    delete(django_capture_on_commit_callbacks)
    assert there(pictures[0]) == (True,) * 3
