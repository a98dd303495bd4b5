"""What an annotator does, in few words."""

from playwright.sync_api import Locator, Page, expect


def at_item(page: Page, place: int, of: int = 4) -> None:
    expect(page.get_by_role("heading", level=1, name=f"Item {place} of {of}", exact=True)).to_be_attached()


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def at_reveal(page: Page) -> None:
    expect(page.get_by_text("Was the filter right?")).to_be_visible()


def settled(page: Page) -> None:
    """What has just been swapped in takes keys a moment later: nobody types faster."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def judge_by_keys(page: Page, plausible: str, typical: str, *right: str) -> None:
    settled(page)
    keys(page, plausible, typical, "Enter")
    at_reveal(page)
    keys(page, *right)


def strip(page: Page) -> Locator:
    return page.locator("#task .trouble .note")
