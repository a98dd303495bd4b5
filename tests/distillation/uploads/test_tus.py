"""Uploads by the tus protocol: what a client that conforms to version 1.0.0 (tus.io) sends, and what it gets."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from distillation.models import CatalogImport, Upload
from distillation.uploads.services import PIECE_BYTES, WrongOffset, upload_append, upload_make, uploads_expire
from tests.distillation.uploads.files import sent

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}


def make(client: Client, name: str = "p.csv", part: str = "products", **headers: object) -> HttpResponse:
    metadata = ",".join(f"{k} {b64encode(v.encode()).decode()}" for k, v in (("filename", name), ("part", part)))
    given = {"Upload-Length": 6, "Upload-Metadata": metadata, **TUS, **headers}
    return client.post(reverse("upload-new"), headers={key: str(value) for key, value in given.items()})


def patch(client: Client, where: str, offset: int, data: bytes, **headers: object) -> HttpResponse:
    given = {"Upload-Offset": str(offset), **TUS, **headers}
    return client.patch(where, data, content_type="application/offset+octet-stream", headers=given)


@pytest.fixture
def where(as_researcher: Client) -> str:
    return make(as_researcher)["Location"]


def test_a_file_comes_in_pieces(as_researcher: Client, where: str) -> None:
    assert patch(as_researcher, where, 0, b"abc")["Upload-Offset"] == "3"
    head = as_researcher.head(where, headers=TUS)
    assert (head["Upload-Offset"], head["Upload-Length"], head["Cache-Control"]) == ("3", "6", "no-store")
    assert patch(as_researcher, where, 3, b"def").status_code == 204
    assert Upload.objects.get().path.read_bytes() == b"abcdef"


def test_a_piece_sent_twice_is_written_once(as_researcher: Client, where: str) -> None:
    patch(as_researcher, where, 0, b"abc")
    again = patch(as_researcher, where, 0, b"abc")
    assert (again.status_code, again["Upload-Offset"]) == (409, "3")
    assert Upload.objects.get().path.read_bytes() == b"abc"


@pytest.mark.django_db(transaction=True)
def test_of_two_pieces_at_one_offset_one_is_written(researcher: User) -> None:
    upload = upload_make(name="p.csv", part="products", size=6, by=researcher)

    def append(piece: bytes) -> str:
        try:
            return f"{piece!r} goes to {upload_append(upload=upload, offset=0, piece=piece)}"
        except WrongOffset as error:
            return f"goes on at {error.offset}"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(append, [b"abc", b"def"]))
    assert (first, second) == (f"{upload.path.read_bytes()!r} goes to 3", "goes on at 3")


def test_what_a_kill_left_behind_the_offset_is_cut_off(as_researcher: Client, where: str) -> None:
    patch(as_researcher, where, 0, b"abc")
    path = Upload.objects.get().path
    path.write_bytes(b"abcd?")  # written, and killed before that was recorded
    assert as_researcher.head(where, headers=TUS)["Upload-Offset"] == "3"
    patch(as_researcher, where, 3, b"def")
    assert path.read_bytes() == b"abcdef"


def test_what_a_power_cut_took_is_asked_for_again(as_researcher: Client, where: str) -> None:
    patch(as_researcher, where, 0, b"abcd")
    Upload.objects.get().path.write_bytes(b"a")
    assert patch(as_researcher, where, 4, b"ef")["Upload-Offset"] == "1"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(412, {"Tus-Resumable": "0.2"}), (422, {"Upload-Length": "six"}), (422, {"Upload-Length": 0}),
     (413, {"Upload-Length": 10**14}), (422, {"Upload-Metadata": "filename ä"}),
     (422, {"Upload-Metadata": "part bXVzaWM="})],
)  # fmt: skip
def test_what_is_no_upload_is_refused(as_researcher: Client, status: int, headers: dict) -> None:
    assert make(as_researcher, **headers).status_code == status
    assert not Upload.objects.exists()


def test_pieces_have_bounds(as_researcher: Client, where: str) -> None:
    assert patch(as_researcher, where, 0, b"abcdefg").status_code == 413  # one more than announced
    assert patch(as_researcher, where, 0, bytes(PIECE_BYTES + 1)).status_code == 413
    assert as_researcher.patch(where, b"abc", headers={"Upload-Offset": "0", **TUS}).status_code == 415
    assert Upload.objects.get().received == 0


def test_all_that_a_person_has_there_is_bounded(as_researcher: Client, settings, where: str) -> None:
    settings.UPLOADS_PER_PERSON_BYTES = 11  # 6 are there
    assert make(as_researcher).status_code == 413
    assert make(as_researcher, **{"Upload-Length": 5}).status_code == 201


def test_pictures_that_are_no_zip_are_refused_by_their_first_bytes(as_researcher: Client) -> None:
    where = make(as_researcher, "p.jpg", "pictures")["Location"]
    assert patch(as_researcher, where, 0, b"JFIF").content == b"p.jpg is no ZIP; pack the pictures as ZIP"


def test_a_name_is_never_a_path(as_researcher: Client) -> None:
    make(as_researcher, "../../etc/pass\x00wd")
    make(as_researcher, "C:\\x\\..")
    assert {upload.name for upload in Upload.objects.all()} == {"passwd", "upload"}


def test_others_do_not_see_it(where: str, administrator: User) -> None:
    other = Client()
    other.force_login(administrator)
    assert [other.head(where, headers=TUS).status_code, other.delete(where, headers=TUS).status_code] == [404, 404]


def test_a_page_elsewhere_cannot_send(researcher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    assert make(client).status_code == 403


def test_an_upload_is_thrown_away(as_researcher: Client, where: str) -> None:
    patch(as_researcher, where, 0, b"abc")
    folder = Upload.objects.get().folder
    assert as_researcher.delete(where, headers=TUS).status_code == 204
    assert (Upload.objects.exists(), folder.exists()) == (False, False)


def test_what_an_import_reads_stays(as_researcher: Client, where: str) -> None:
    reading = CatalogImport.objects.create(key="k", format="csv", sources=[])
    Upload.objects.update(catalog_import=reading)
    assert as_researcher.delete(where, headers=TUS).status_code == 422


def test_uploads_expire_after_seven_days(researcher: User) -> None:
    old, new = sent("old.csv", b"a", by=researcher), sent("new.csv", b"a", by=researcher)
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    uploads_expire()
    assert (list(Upload.objects.all()), old.path.exists(), new.path.exists()) == ([new], False, True)


def test_who_brought_an_import_stays_known(researcher: User) -> None:
    upload = sent("p.csv", b"a", by=researcher)
    done = CatalogImport.objects.create(key="k", format="csv", sources=[], state="done")
    Upload.objects.update(catalog_import=done)
    uploads_expire()
    upload.refresh_from_db()
    assert (upload.created_by, upload.removed_at is None, upload.path.exists()) == (researcher, False, False)
