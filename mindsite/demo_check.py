"""Do the demo's pages answer? Asked from outside, as each of its users."""

import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

START_TIMEOUT_S = 40
PAGES = {
    "anna": [("/judge/", "rate these yourself"), ("{judge}", "Why would somebody buy both?")],
    "rosa": [
        ("/studies/", "simulated"),
        ("{study}", "Krippendorff"),
        ("{export}", "plausibility,typicality"),
        ("/studies/", "Demo: simulated preferences"),
        ("/runs/demo-baseline/", "no model"),
        ("/research/experiments/demo-pictures/", "Simulated judgments"),
        ("/research/evaluations/", "rules on words, no model"),
        ("/research/purchases/", "Simulated purchases"),
        ("/research/purchases/demo-purchases/", "The purchases are simulated"),
    ],
    "ada": [("/administration/", "Services")],
}


class PagesBroken(Exception):
    """Which page did not answer as it should; one line."""


class Visitor:
    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path: str, data: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(data).encode() if data else None
        request = urllib.request.Request(f"{self._url}{path}", body, {"Referer": self._url})  # noqa: S310 - our own
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise PagesBroken(f"{path} answers {error.code}") from error

    def sign_in(self, name: str, password: str) -> None:
        form = self.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        page = self.get(
            "/accounts/login/",
            {"username": name, "password": password, "csrfmiddlewaretoken": token[1] if token else ""},
        )
        if 'name="password"' in page:
            raise PagesBroken(f"{name} can't sign in with the printed password")


def check_pages(url: str, passwords: dict[str, str]) -> Iterator[str]:
    """One line for each page that answers as it should."""
    _wait_for(url)
    for (name, pages), visitor in zip(PAGES.items(), _signed_in(url, passwords), strict=True):
        links: dict[str, str] = {}
        for template, words in pages:
            path = template.format(**links)
            page = visitor.get(path)
            if words not in page:
                raise PagesBroken(f"{path} answers, but without “{words}”")
            links |= _links(page)
            yield f"{path} answers ({name})"


def _signed_in(url: str, passwords: dict[str, str]) -> list[Visitor]:
    """All at once: a password takes a third of a second to be looked at."""

    def visitor(name: str) -> Visitor:
        found = Visitor(url)
        found.sign_in(name, passwords[name])
        return found

    with ThreadPoolExecutor(len(PAGES)) as beside:
        return list(beside.map(visitor, PAGES))


def _links(page: str) -> dict[str, str]:
    """The first study to judge, the first study's figures and its export, as the pages link them."""
    patterns = {"judge": r"/judge/\d+/", "study": r"/studies/\d+/", "export": r"/studies/\d+/judgments\.csv"}
    found = {name: re.search(f'href="({pattern})"', page) for name, pattern in patterns.items()}
    return {name: match[1] for name, match in found.items() if match}


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            Visitor(url).get("/accounts/login/")
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise PagesBroken(f"{url} does not answer within {START_TIMEOUT_S} s ({error})") from error
            time.sleep(0.05)
