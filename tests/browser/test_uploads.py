"""A catalog imported by somebody who has a browser and nothing else; a worker's task is called here, in the test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from distillation.models import CatalogImport, CoBuy, Intention, Upload, UploadImport
from distillation.uploads.bringing import upload_bring
from distillation.uploads.importing import uploads_import
from tests.browser.axe import AXE, axe_finds
from tests.distillation.builders import cobuys
from tests.distillation.uploads.files import png, zipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opener = Callable[..., Page]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "products.csv").write_text("asin,title\nB1,Lamp\nB2,Bulb\nB3,Shade\n")
    (tmp_path / "cobuys.csv").write_text("asin_a,asin_b\nB1,B2\nB3,B1\n")
    colours = {"B1": "red", "B2": "blue", "B3": "green"}
    (tmp_path / "pictures.zip").write_bytes(zipped(*((f"my/{asin}.png", png(name)) for asin, name in colours.items())))
    return tmp_path


def faults(page: Page) -> list[str]:
    """On this page, on a desk and on a phone, in both themes."""
    found = []
    for width, scheme in ((390, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{page.url} is wider than {width}")
        found += axe_finds(page) if AXE else []
    return found


def break_once(page: Page) -> list[str]:
    """The first piece of all finds no connection."""
    broken: list[str] = []

    def pass_on(route: Route) -> None:
        if route.request.method == "PATCH" and not broken:
            broken.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/uploads/**", pass_on)
    return broken


def test_files_are_uploaded_looked_at_and_imported(open_as: Opener, researcher: User, files: Path) -> None:
    page = open_as(researcher, reverse("import-list"), troubled=True, bypass_csp=bool(AXE))
    broken = break_once(page)
    page.get_by_role("link", name="Import files").first.click()
    names = ("products.csv", "cobuys.csv", "pictures.zip")
    page.locator("#id_files").set_input_files([files / name for name in names])
    for name, part in zip(names, ("products", "cobuys", "pictures"), strict=True):
        expect(page.get_by_label(f"What {name} holds")).to_have_value(part)
    found = faults(page)
    page.get_by_role("button", name="Look at the catalog").click()
    expect(page.get_by_role("row", name="Bulb B2 – –")).to_be_visible()
    expect(page.locator(".firsts img").first).to_have_js_property("complete", True)
    found += faults(page)
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("The account appears here")).to_be_visible()
    uploads_import(CatalogImport.objects.get().pk)
    expect(page.locator("#progress").get_by_text("Done")).to_be_visible()
    assert (len(broken), CoBuy.objects.with_pictures().count(), found) == (1, 2, [])


def test_an_upload_is_taken_away_again(open_as: Opener, researcher: User, files: Path) -> None:
    page = open_as(researcher, reverse("import-new"))
    page.locator("#id_files").set_input_files(files / "products.csv")
    expect(page.get_by_label("What products.csv holds")).to_be_visible()
    page.locator("#here").get_by_role("button", name="Take away products.csv").click()
    expect(page.get_by_label("What products.csv holds")).to_have_count(0)
    assert not Upload.objects.exists()


def test_a_file_chosen_before_the_page_was_ready_is_sent(open_as: Opener, researcher: User, files: Path) -> None:
    page = open_as(researcher, reverse("import-list"))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/uploads*.js", hold)
    page.get_by_role("link", name="Import files").first.click(no_wait_after=True)
    page.locator("#id_files").set_input_files(files / "products.csv")
    while not held:
        page.wait_for_event("request")
    held[0].continue_()
    expect(page.get_by_label("What products.csv holds")).to_be_visible()
    assert Upload.objects.get().name == "products.csv"


def test_intentions_are_looked_at_and_become_a_run(open_as: Opener, researcher: User, files: Path) -> None:
    cobuys(1)
    page = open_as(researcher, reverse("import-new"), troubled=True, bypass_csp=bool(AXE))
    (files / "mine.csv").write_text("one,two,relation,text\nB000000000,B000000001,usedFor,They cook\n")
    page.locator("#id_files").set_input_files(files / "mine.csv")
    page.get_by_label("What mine.csv holds").select_option("intentions")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_text("no column asin_a, asin_b")).to_be_visible()
    found = faults(page)
    page.get_by_label("one").select_option("asin_a")
    page.get_by_label("two").select_option("asin_b")
    page.get_by_label("Name of the run").fill("mine")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("cell", name="They cook.")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url("**/imports/files/*/")
    upload_bring(UploadImport.objects.get().pk)
    expect(page.locator("#progress").get_by_role("link", name="mine")).to_be_visible()
    assert (found, Intention.objects.get().run.name) == ([], "mine")
