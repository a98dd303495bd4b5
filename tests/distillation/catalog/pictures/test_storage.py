"""Pictures in and out of the store: files, or a bucket of a local S3 server; only for who is signed in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from distillation.catalog.pictures.store import files_write, picture_encode, picture_store
from distillation.models import Picture
from mindsite.environment import pictures_store

pytestmark = pytest.mark.django_db


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (600, 400), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="moto (requirements-dev.txt) is not installed")
    pytest.importorskip("storages", reason="django-storages (requirements-s3.txt) is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["files", "s3"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path
    if request.param == "s3":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        bucket, region = f"pictures-{uuid4()}", "eu-central-1"
        default = pictures_store(bucket, request.getfixturevalue("s3_url"), region)
        settings.STORAGES = {**settings.STORAGES, "default": default}
        default_storage.connection.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )


@pytest.fixture
def stored(store: None) -> Picture:
    return picture_store(png())


def test_it_works(stored: Picture, as_annotator: Client) -> None:
    answer = as_annotator.get(reverse("picture", args=[stored.digest]))
    assert Image.open(BytesIO(answer.getvalue())).size == (600, 400)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert int(answer["Content-Length"]) == stored.size


def test_the_thumbnail(stored: Picture, as_annotator: Client) -> None:
    answer = as_annotator.get(reverse("thumbnail", args=[stored.digest]))
    assert Image.open(BytesIO(answer.getvalue())).size == (320, 213)  # 400 x 320 / 600


def test_who_has_it_is_not_sent_it_again(stored: Picture, as_annotator: Client) -> None:
    url = reverse("picture", args=[stored.digest])
    etag = as_annotator.get(url)["ETag"]
    default_storage.delete(stored.name)  # so that nothing is read, either
    answer = as_annotator.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_picture_and_thumbnail_have_different_etags(stored: Picture, as_annotator: Client) -> None:
    names = ("picture", "thumbnail")
    assert len({as_annotator.get(reverse(name, args=[stored.digest]))["ETag"] for name in names}) == 2


def test_a_missing_file_is_not_found(stored: Picture, as_annotator: Client) -> None:
    default_storage.delete(stored.name)
    assert as_annotator.get(reverse("picture", args=[stored.digest])).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}])
def test_only_for_who_is_signed_in(stored: Picture, client: Client, headers: dict[str, str]) -> None:
    answer = client.get(reverse("picture", args=[stored.digest]), headers=headers)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


def test_the_same_picture_is_written_once(stored: Picture) -> None:
    before = default_storage.get_modified_time(stored.name)
    assert picture_store(png()) == stored
    assert default_storage.get_modified_time(stored.name) == before


def test_a_half_written_file_is_not_left_behind(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    encoded = picture_encode(png())
    (tmp_path / encoded.as_picture().thumbnail_name).mkdir(parents=True)  # no file can take its place
    with pytest.raises(IsADirectoryError):
        files_write(encoded)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_django_storages_a_bucket_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['storages'] = None\n")
    environment = {**os.environ, "MEDIA_S3_BUCKET": "pictures", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "pip install -r requirements-s3.txt" in done.stderr.splitlines()[-1]


def test_without_a_bucket_pictures_are_files() -> None:
    assert pictures_store("", "", "") == {"BACKEND": "django.core.files.storage.FileSystemStorage"}
