"""What each page sends at first, from an empty cache and without its pictures, as Chromium counts it."""

from playwright.sync_api import Browser, Page

from benchmarks.bars import at_most, show

MOST_KB = 100
PAGES = (
    "/runs/", "/runs/new/", "/runs/bench/", "/studies/", "/studies/new/", "{study}", "{study}items/", "{study}report/",
    "{study}protocol/", "{study}manage/", "{study}judgments/", "/catalog/", "/imports/new/", "/knowledge/", "/people/",
    "/research/experiments/new", "/research/online/new", "/research/purchases/", "/features/", "/api/v1/docs/",
    "/api/v1/docs/?part=studies",
)  # fmt: skip


def weigh(browser: Browser, url: str, study: str) -> None:
    """Of a researcher's pages, the heaviest; rosa's password is the benchmark's."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{url}/accounts/login/")
    page.fill("[name=username]", "rosa")
    page.fill("[name=password]", "correct-horse")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda at: "login" not in at)
    weights = {path: _sent(page, url + path.format(study=study)) for path in PAGES}
    heaviest = max(weights, key=lambda path: weights[path])
    words = f"{heaviest.format(study=study)}, of {len(PAGES)} pages"
    show(at_most("heaviest page at first, no pictures", weights[heaviest] / 1000, MOST_KB, "kB"), words)
    page.close()


def _sent(page: Page, address: str) -> int:
    """Bytes on the wire until the network has been quiet for half a second."""
    kinds: dict[str, str] = {}
    sent: dict[str, int] = {}
    heard = page.context.new_cdp_session(page)
    heard.send("Network.enable")
    heard.send("Network.setCacheDisabled", {"cacheDisabled": True})
    heard.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    heard.on("Network.loadingFinished", lambda told: sent.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto(address, wait_until="networkidle")
    heard.detach()
    return int(sum(size for request, size in sent.items() if kinds.get(request) != "Image"))
