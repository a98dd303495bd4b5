"""A new user with a browser and nothing else: own CSV and ZIP of 24 photos, to an export of judgments.

An action is a click, a field filled, a file dialogue or a key; the twenty judgments are not counted. The worker's tasks
are called here, in the test.
"""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from annotation.models import Judgment, Study
from distillation.lvlm.baseline import BaselineBackend
from distillation.models import CatalogImport, Run
from distillation.runs.services import run_finish_if_done
from distillation.uploads.importing import uploads_import
from tests.browser.judging import at_item, judge_by_keys
from tests.distillation.runs.working import work
from tests.distillation.uploads.files import png, zipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FEWER_THAN, PHOTOS, JUDGED = 25, 24, 20


class Actions:
    def __init__(self) -> None:
        self.done: list[str] = []

    def click(self, what: Locator) -> None:
        self.done.append(f"click {what}")
        what.click()

    def fill(self, what: Locator, text: str) -> None:
        self.done.append(f"fill {what}")
        what.fill(text)

    def key(self, page: Page, name: str) -> None:
        self.done.append(f"key {name}")
        page.keyboard.press(name)

    def choose(self, what: Locator, files: list[Path]) -> None:
        self.done.append("choose files")
        what.set_input_files(files)

    def open(self, page: Page, address: str) -> None:
        self.done.append("open the link")
        page.goto(address)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twenty-four products with a photo each, bought in twelve pairs."""
    asins = [f"B{n:09d}" for n in range(PHOTOS)]
    products = "".join(f"{asin},Travel lamp number {n},Lamps\n" for n, asin in enumerate(asins))
    (tmp_path / "products.csv").write_text(f"asin,title,category\n{products}")
    pairs = "".join(f"{a},{b}\n" for a, b in zip(asins[::2], asins[1::2], strict=True))
    (tmp_path / "cobuys.csv").write_text(f"asin_a,asin_b\n{pairs}")
    photos = [(f"photos/{asin}.png", png(f"hsl({15 * n}, 80%, 50%)")) for n, asin in enumerate(asins)]
    (tmp_path / "photos.zip").write_bytes(zipped(*photos))
    return [tmp_path / name for name in ("products.csv", "cobuys.csv", "photos.zip")]


def test_from_own_files_to_an_export_in_fewer_than_25_actions(
    open_as: Callable[..., Page], browser: object, researcher: User, files: list[Path]
) -> None:
    # Whoever clicks on while a page polls cuts that request short, and htmx says so on the console.
    user, page = Actions(), open_as(researcher, reverse("study-list"), by_form=True, troubled=True)
    user.done += ["fill the name", "fill the password", "key Enter"]  # by open_as
    run = imported_and_run(user, page, files)
    address = study_of(user, page, run)
    judged_by_an_annotator(user, page.context.browser.new_page(), address)
    page.bring_to_front()
    user.click(page.get_by_role("link", name="Back to the study"))
    expect(
        page.get_by_text(f"{JUDGED} of 300 judgments by 1 annotator")
    ).to_be_visible()  # 100 items, three people each
    expect(page.locator(".figures .big").first).to_have_text("100.0 %")
    user.click(page.get_by_role("link", name="Exports"))
    with page.expect_download() as download:
        user.click(page.get_by_role("button", name="Export", exact=True))
    with Path(download.value.path()).open(newline="", encoding="utf-8-sig") as exported:
        assert len(list(csv.DictReader(exported))) == JUDGED == Judgment.objects.count()
    assert len(user.done) < FEWER_THAN, user.done


def imported_and_run(user: Actions, page: Page, files: list[Path]) -> Run:
    user.click(page.get_by_role("link", name="importing a catalog"))
    user.choose(page.locator("#id_files"), files)
    for file in files:
        expect(page.get_by_label(f"What {file.name} holds")).to_be_visible()
    user.click(page.get_by_role("button", name="Look at the catalog"))
    user.click(page.get_by_role("button", name="Start the import"))
    expect(page.get_by_text("The account appears here")).to_be_visible()
    uploads_import(CatalogImport.objects.get().pk)
    user.click(page.get_by_role("link", name="Start a run with it"))
    user.fill(page.get_by_label("Name", exact=True), "mine")
    user.click(page.get_by_label("baseline", exact=False).first)
    user.click(page.get_by_role("button", name="Start the run"))
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    run = Run.objects.get()
    with ThreadPoolExecutor(1) as worker:  # Playwright's loop runs in this thread
        worker.submit(worked, run).result()
    assert run_finish_if_done(run=run)
    return run


def worked(run: Run) -> None:
    work(run, BaselineBackend(model="rules-1"))
    connections.close_all()


def study_of(user: Actions, page: Page, run: Run) -> str:
    """The address of an invitation to it."""
    user.click(page.get_by_role("link", name="Draw a study from it"))
    expect(page.get_by_label(run.name)).to_be_checked()
    user.click(page.get_by_role("button", name="Open the study"))
    user.click(page.get_by_role("button", name="Make the link to copy"))
    user.click(page.get_by_role("button", name="Copy the link"))
    return page.locator("#address").input_value()


def judged_by_an_annotator(user: Actions, page: Page, address: str) -> None:
    user.open(page, address)
    user.fill(page.get_by_label("Name"), "mona")
    user.fill(page.locator("[name=password1]"), "lamps-and-bulbs")
    user.fill(page.locator("[name=password2]"), "lamps-and-bulbs")
    user.click(page.locator("main form button"))
    user.click(page.get_by_role("link", name="Start"))
    for place in range(1, JUDGED + 1):
        at_item(page, place, of=Study.objects.get().n_items)
        judge_by_keys(page, "1", "3", "1", "Enter")
    page.context.close()
