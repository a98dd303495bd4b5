"""A catalog from the browser: chosen, looked at, started, imported by a worker."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from distillation import tasks
from distillation.catalog.intake.preview import LINES
from distillation.models import CatalogImport, CoBuy, Product, Upload
from tests.distillation.catalog.files import imported
from tests.distillation.uploads.files import png, sent, zipped

pytestmark = pytest.mark.django_db
NEW, START, PREVIEW = (reverse(name) for name in ("import-new", "import-start", "import-preview"))
PRODUCTS = b"asin,title,image,brand\nB1,Lamp,a.png,X\nB2,Bulb,b.png,X\n"
COBUYS = b"asin_a,asin_b\nB1,B2\n"
ODD = b'{"asin": "B1", "title": "Lamp"}\n{"asin": "B1", "title": "Lamp 2"}\n{"asin": "B2", "title": ""}\nx\n'


PICTURES = zipped(("my/a.png", png("red")), ("my/b.png", png("blue")))


def asked(by: User, products: bytes = PRODUCTS, name: str = "p.csv", **files: bytes) -> dict[str, str]:
    """As the form sends it once the files are there."""
    parts = {"products": sent(name, products, by=by)}
    parts |= {part: sent(f"{part}.zip", data, by=by, part=part) for part, data in files.items()}
    given = {part: str(upload.pk) for part, upload in parts.items()}
    return {"images": "zip" if "pictures" in files else "none", "format": "", **given}


def problem(client: Client, given: dict[str, str]) -> str:
    answer = client.get(PREVIEW, given)
    assert answer.status_code == 422
    return " ".join(error for errors in answer.context["form"].errors.values() for error in errors)


def test_files_and_pictures_become_a_catalog(as_researcher: Client, researcher: User) -> None:
    given = asked(researcher, cobuys=COBUYS, pictures=PICTURES)
    answer = as_researcher.post(START, given)
    started = CatalogImport.objects.get()
    assert answer["Location"] == reverse("import-detail", args=[started.pk])
    tasks.import_uploads(started.pk)
    started.refresh_from_db()
    assert (started.state, started.created_by) == ("done", researcher)
    assert (CoBuy.objects.with_pictures().count(), started.account["pictures_stored"]) == (1, 2)
    assert not any(upload.path.exists() for upload in Upload.objects.all())


def test_the_account_is_that_of_the_command(as_researcher: Client, researcher: User, tmp_path) -> None:
    as_researcher.post(START, asked(researcher, ODD, "meta.json"))
    tasks.import_uploads(CatalogImport.objects.get().pk)
    by_page = CatalogImport.objects.get().account
    Product.objects.all().delete()
    path = tmp_path / "meta.json"
    path.write_bytes(ODD)
    assert {**by_page, "data_set": 0} == {**vars(imported(path)), "data_set": 0}


def test_the_preview_counts_as_the_import_does(as_researcher: Client, researcher: User) -> None:
    lines = [
        b'{"asin": "B1", "title": "Lamp"}',
        b'{"asin": "B1", "title": "Lamp 2"}',
        b'{"asin": "B2", "title": ""}',
        b"x",
    ]
    page = as_researcher.get(PREVIEW, asked(researcher, b"\n".join(lines), "meta.json")).context
    assert page["preview"].left_out == [("no title", 1, 3), ("not JSON", 1, 4), ("replaced by a later line", 1, None)]
    assert (page["preview"].kept, page["format"]) == (1, "Amazon's metadata of 2018")


def test_the_preview_reads_no_further_than_it_says(as_researcher: Client, researcher: User) -> None:
    rows = [f"B{i},Lamp" for i in range(LINES + 5)]
    given = asked(
        researcher, "\n".join(["asin,title", *rows]).encode(), cobuys=f"asin_a,asin_b\nB1,B{LINES + 3}".encode()
    )
    preview = as_researcher.get(PREVIEW, given).context["preview"]
    assert (preview.account.lines, preview.is_whole) == (LINES, False)


def test_the_preview_shows_rows_columns_and_pictures(as_researcher: Client, researcher: User) -> None:
    page = as_researcher.get(PREVIEW, asked(researcher, cobuys=COBUYS, pictures=PICTURES)).context
    assert [(product.asin, picture) for product, picture in page["rows"]] == [("B1", "a.png"), ("B2", "b.png")]
    [(_, table)] = [each for each in page["tables"] if each[0] == "products"]
    assert ([field.value() for field in table], page["pictures"]) == (["asin", "title", "image", ""], 2)
    assert page["preview"].with_picture == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"asin;title\nB1;Lamp\n", "p.csv: the cells look separated by semicolons"),
        (b"asin,title\nB1,\n", "p.csv, line 2: the title is empty"),
        (b"<!doctype html>", "p.csv begins like a page of the web"),
        (b'{"reviewText": ""}', "p.csv looks like a file of reviews"),
        (b"PK", "p.csv: no column asin, title"),
    ],
)
def test_what_cannot_be_read_is_told_before_the_start(
    as_researcher: Client, researcher: User, data: bytes, words: str
) -> None:
    assert words in problem(as_researcher, asked(researcher, data))


def test_a_pair_of_an_unknown_product_is_told_before_the_start(as_researcher: Client, researcher: User) -> None:
    given = asked(researcher, cobuys=b"asin_a,asin_b\nB1,B9\n")
    assert "cobuys.zip, line 2: B9 is neither" in problem(as_researcher, given)


def test_what_is_another_persons_or_only_half_here_is_not_taken(as_researcher: Client, administrator: User) -> None:
    assert "not here" in problem(as_researcher, asked(administrator))


def test_a_hostile_zip_refuses_the_import_and_nothing_comes(as_researcher: Client, researcher: User) -> None:
    given = asked(researcher, pictures=zipped(("../a.png", png("red"))))
    assert "leads out of it" in problem(as_researcher, given)
    as_researcher.post(START, given)
    tasks.import_uploads(CatalogImport.objects.get().pk)
    assert (CatalogImport.objects.get().state, Product.objects.count()) == ("refused", 0)


def test_what_was_refused_may_be_tried_with_another_file(as_researcher: Client, researcher: User) -> None:
    given = asked(researcher, cobuys=b"asin_a,asin_b\nB1,B9\n")
    as_researcher.post(START, given)
    tasks.import_uploads(CatalogImport.objects.get().pk)
    mended = sent("c.csv", COBUYS, by=researcher, part="cobuys")
    as_researcher.post(START, {**given, "cobuys": str(mended.pk)})
    tasks.import_uploads(CatalogImport.objects.latest("pk").pk)
    assert [row.state for row in CatalogImport.objects.order_by("pk")] == ["refused", "done"]


def test_a_second_click_starts_nothing(as_researcher: Client, researcher: User) -> None:
    given = asked(researcher)
    as_researcher.post(START, given)
    assert as_researcher.post(START, given).status_code == 422
    assert CatalogImport.objects.count() == 1


def test_the_sweep_takes_up_what_a_killed_worker_left(
    as_researcher: Client, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_researcher.post(START, asked(researcher))
    woken: list[list[int]] = []
    monkeypatch.setattr(tasks.import_uploads, "apply_async", lambda args, **options: woken.append(args))
    tasks.sweep()
    assert woken == [[CatalogImport.objects.get().pk]]


def test_without_javascript_the_files_come_with_the_form(as_researcher: Client) -> None:
    files = [SimpleUploadedFile("p.csv", PRODUCTS), SimpleUploadedFile("p.zip", PICTURES)]
    form = as_researcher.post(NEW, {"files": files}, follow=True).context["form"]
    given = {name: form[name].value() for name in ("products", "pictures")}
    page = as_researcher.get(PREVIEW, {**given, "images": form["images"].value()}).context
    assert [(product.asin, picture) for product, picture in page["rows"]] == [("B1", "a.png"), ("B2", "b.png")]


def test_a_form_that_is_too_large_is_not_read(as_researcher: Client, settings) -> None:
    settings.UPLOAD_FORM_BYTES = 100
    assert as_researcher.post(NEW, {"files": SimpleUploadedFile("p.csv", PRODUCTS)}).status_code == 413
    assert not Upload.objects.exists()


def test_a_form_from_elsewhere_is_refused(researcher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    assert client.post(NEW, {"files": SimpleUploadedFile("p.csv", PRODUCTS)}).status_code == 403


def test_a_file_that_is_not_wanted_any_more_is_taken_away(as_researcher: Client, researcher: User) -> None:
    upload = sent("p.csv", PRODUCTS, by=researcher)
    assert b"p.csv" in as_researcher.get(NEW).content
    as_researcher.post(reverse("upload-remove", args=[upload.pk]))
    assert (Upload.objects.exists(), upload.path.exists()) == (False, False)
