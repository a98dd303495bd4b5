"""Files of all kinds: known by their content, looked at, brought in by the same readers as the commands."""

import gzip
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from distillation import tasks
from distillation.models import CoBuy, Intention, Product, Purchase, Run, Upload, UploadImport
from distillation.uploads.services import UploadRefused, upload_name
from tests.distillation.builders import cobuys, run
from tests.distillation.uploads.files import png, sent, zipped

pytestmark = pytest.mark.django_db
A, B = "B000000000", "B000000001"
INTENTIONS = f"asin_a,asin_b,relation,text,verdict\n{A},{B},usedFor,They cook,yes\n{A},B9,isA,They sew,\n".encode()
PURCHASES = f"customer,product,time\nk,{A},2018-09-01\nk,{B},2018-09-02\n".encode()
REVIEW = b'{"reviewerID": "R", "asin": "B000000000", "overall": 5, "unixReviewTime": 1400000000}\n'


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"asin,title\nB1,Lamp\n", "products"),
        (b'\xef\xbb\xbf"ASIN","Title","x"\nB1,Lamp,\n', "products"),
        (b'{"asin": "B1", "title": "Lamp"}\n', "products"),
        (gzip.compress(b"{'asin': 'B1', 'title': 'Lamp', 'imUrl': 'http://x'}\n", mtime=0), "products"),
        (b'{"parent_asin": "B1", "title": "Lamp", "main_category": "x"}\n', "products"),
        (b"asin_a,asin_b\nB1,B2\n", "cobuys"),
        (zipped(("B1.png", png("red"))), "pictures"),
        (INTENTIONS, "intentions"),
        (b'{"id_a": "B1", "id_b": "B2", "relation": "isA", "intention": "x"}\n', "intentions"),
        (PURCHASES, "purchases"),
        (b"asin_a,asin_b,time\nB1,B2,2018-09-01\n", "purchases"),
        (REVIEW, "reviews"),
        (b'{"user_id": "R", "parent_asin": "B1", "timestamp": 1400000000000}\n', "reviews"),
        (b"study,item,annotator,plausibility,asin_a,asin_b,relation\n", "judgments"),
        (b'[{"id": 1, "annotations": [], "data": {}}]', "judgments"),
        (b"PAR1....", "judgments"),
    ],
)
def test_what_a_file_holds_is_told_by_its_content(researcher: User, data: bytes, part: str) -> None:
    assert sent("file.bin", data, by=researcher, part="").part == part


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"item_1,item_2\nB1,B2\n", "its columns are not known here (item_1, item_2): say what it holds"),
        (b"asin;title\nB1;Lamp\n", "the cells look separated by semicolons; save the file with commas"),
        (b"<!doctype html>", "begins like a page of the web: probably a download page was saved"),
        (b"asin\0,title\n", "line 1: a NUL byte"),
    ],
)
def test_what_nobody_can_tell_is_said_beside_the_file(researcher: User, data: bytes, words: str) -> None:
    upload = sent("p.csv", data, by=researcher, part="")
    assert (upload.part, upload.unread[: len(words)]) == ("", words)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"Rar!\x1a\x07", "RAR is not read; pack the pictures as ZIP"), (b"%PDF-1.7", "it is a PDF"),
     (zipped(("[Content_Types].xml", b"x")), "it is a workbook of a spreadsheet; save it there")],
)  # fmt: skip
def test_of_what_can_be_nothing_nothing_is_kept(researcher: User, data: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        sent("p.bin", data, by=researcher, part="")
    assert not Upload.objects.exists()


def test_the_kind_is_changed_by_hand(as_researcher: Client, researcher: User) -> None:
    upload = sent("p.csv", b"item_1,item_2\nB1,B2\n", by=researcher, part="")
    as_researcher.post(reverse("upload-part", args=[upload.pk]), {"part": "cobuys"})
    upload.refresh_from_db()
    assert (upload.part, upload.unread) == ("cobuys", "")
    with pytest.raises(UploadRefused, match=r"say what p\.csv holds"):
        upload_name(upload=upload, part="music")


def look(client: Client, upload: Upload, **asked: object) -> dict:
    return client.get(reverse("upload-look", args=[upload.pk]), asked).context


def started(client: Client, upload: Upload, **asked: object) -> UploadImport:
    answer = client.post(reverse("upload-look", args=[upload.pk]), asked)
    assert answer.status_code == 302, answer.context["form"].errors
    row = UploadImport.objects.latest("pk")
    tasks.bring_upload(row.pk)
    row.refresh_from_db()
    return row


def test_intentions_are_looked_at_and_become_a_run(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    upload = sent("i.csv", INTENTIONS, by=researcher, part="")
    looked = look(as_researcher, upload)["looked"]
    assert looked.rows[0] == (f"{A} + {B}", "usedFor", "They cook.", "yes")
    [rows] = looked.groups
    assert rows["parts"][-1] == ("left out: a product is not in the catalog", 1)
    assert not Run.objects.exists() and not Intention.objects.exists()
    row = started(as_researcher, upload, run="foreign", format="auto")
    assert (row.state, row.about, row.created_by, row.account["written"]) == ("done", "foreign", researcher, 1)
    assert Run.objects.get().name == "foreign"
    assert reverse("run-detail", args=["foreign"]) in as_researcher.get(f"/imports/files/{row.pk}/").content.decode()
    upload.refresh_from_db()
    assert (upload.removed_at is None, upload.path.exists()) == (False, False)


def test_a_run_named_as_another_is_refused_at_its_field(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    run(name="foreign")
    upload = sent("i.csv", INTENTIONS, by=researcher, part="")
    answer = as_researcher.post(reverse("upload-look", args=[upload.pk]), {"run": "foreign"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["run"] == ["A run named foreign exists; give this one another name."]
    assert not UploadImport.objects.exists()


def test_columns_are_mapped_by_hand(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    upload = sent("i.csv", INTENTIONS.replace(b"asin_a,asin_b", b"one,other"), by=researcher, part="intentions")
    page = look(as_researcher, upload)
    assert "no column asin_a, asin_b" in page["problem"] and page["table"].header[:2] == ["one", "other"]
    named = {"column-0": "asin_a", "column-1": "asin_b", "column-2": "relation", "column-3": "text"}
    row = started(as_researcher, upload, run="foreign", **named)
    assert (row.state, row.options["columns"]) == (
        "done", {"one": "asin_a", "other": "asin_b", "verdict": ""}
    )  # fmt: skip
    assert row.account["verdicts"] == 0


def test_purchases_come_with_their_co_buys(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    CoBuy.objects.all().delete()
    upload = sent("p.csv", PURCHASES, by=researcher, part="")
    looked = look(as_researcher, upload)["looked"]
    assert looked.rows == [(A, "2018-09-01"), (B, "2018-09-02")]
    assert not Purchase.objects.exists()
    row = started(as_researcher, upload, window="7")
    assert (row.state, row.account["purchases_new"], row.account["cobuys_new"]) == ("done", 2, 1)


def test_reviews_of_nothing_here_are_refused_and_may_be_tried_again(as_researcher: Client, researcher: User) -> None:
    upload = sent("r.json", REVIEW, by=researcher, part="")
    row = started(as_researcher, upload)
    assert (row.state, "import the catalog first" in row.message) == ("refused", True)
    cobuys(1)
    assert started(as_researcher, upload, window="").state == "done"


def test_an_import_that_was_started_is_not_started_again(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    upload = sent("p.csv", PURCHASES, by=researcher, part="")
    where = reverse("upload-look", args=[upload.pk])
    assert [as_researcher.post(where, {"window": ""}).status_code for _ in range(2)] == [302, 422]
    assert UploadImport.objects.count() == 1


def test_the_sweep_takes_up_what_waits(
    as_researcher: Client, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[list[int]] = []
    monkeypatch.setattr(tasks.bring_upload, "apply_async", lambda args, **options: woken.append(args))
    upload = sent("p.csv", PURCHASES, by=researcher, part="")
    as_researcher.post(reverse("upload-look", args=[upload.pk]), {"window": ""})
    tasks.sweep()
    assert woken == [[UploadImport.objects.get().pk]]


def test_an_error_is_told_and_the_import_stays_owed(
    as_researcher: Client, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent("p.csv", PURCHASES, by=researcher, part="")
    as_researcher.post(reverse("upload-look", args=[upload.pk]), {"window": ""})
    row = UploadImport.objects.get()
    upload.path.rename(Path(f"{upload.path}.away"))
    tasks.bring_upload(row.pk)
    row.refresh_from_db()
    assert (row.state, row.message) == ("refused", "p.csv is gone; send it anew")


def test_columns_of_a_catalog_are_mapped_by_hand(as_researcher: Client, researcher: User) -> None:
    products = sent("p.csv", b"sku,name\nB1,Lamp\nB2,Bulb\n", by=researcher)
    pairs = sent("c.csv", b"x,one,other\n1,B1,B2\n", by=researcher, part="cobuys")
    given = {"products": products.pk, "cobuys": pairs.pk}
    page = as_researcher.get(reverse("import-preview"), given)
    assert (page.status_code, "no column asin, title" in str(page.context["form"].errors)) == (422, True)
    named = {"products-0": "asin", "products-1": "title", "cobuys-1": "asin_a", "cobuys-2": "asin_b"}
    page = as_researcher.get(reverse("import-preview"), given | named)
    assert (page.status_code, page.context["preview"].kept) == (200, 2)
    as_researcher.post(reverse("import-start"), page.context["asked"])
    tasks.import_uploads(products.__class__.objects.get(pk=products.pk).catalog_import_id)
    assert (Product.objects.get(asin="B2").title, CoBuy.objects.count()) == ("Bulb", 1)


def test_the_same_file_twice_changes_nothing(as_researcher: Client, researcher: User) -> None:
    accounts = []
    for _ in range(2):
        upload = sent("p.csv", b"asin,title\nB1,Lamp\n", by=researcher)
        as_researcher.post(reverse("import-start"), {"products": upload.pk})
        upload.refresh_from_db()
        tasks.import_uploads(upload.catalog_import_id)
        upload.catalog_import.refresh_from_db()
        accounts.append(upload.catalog_import.account)
    assert [(each["products_new"], each["products_unchanged"]) for each in accounts] == [(1, 0), (0, 1)]


def test_a_picture_of_the_zip_is_shown_small(as_researcher: Client, researcher: User) -> None:
    upload = sent("p.zip", zipped(("my/B1.png", png("red")), ("B2.png", b"no picture")), by=researcher, part="")
    answer = as_researcher.get(reverse("upload-picture", args=[upload.pk, "B1.png"]))
    assert (answer["Content-Type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    others = [as_researcher.get(reverse("upload-picture", args=[upload.pk, name])) for name in ("B2.png", "B9.png")]
    assert [other.status_code for other in others] == [404, 404]
