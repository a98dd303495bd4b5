"""What a page says, without what people, catalogs and models wrote: that stands in elements that find their direction
by themselves."""

import re
from html.parser import HTMLParser

SPOKEN = ("title", "alt", "aria-label", "placeholder")
JS = ("data-missing", "data-copied", "data-press", "data-taken", "data-odd", "data-kept", "data-words")
VOID = ("meta", "link", "input", "img", "br", "hr")
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff]")
UNREAD = ("script", "style", "kbd", "code", "output", "time")


class Words(HTMLParser):
    """Texts of the page, and of the attributes that are read out or shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []  # tags, and whether what is in them is somebody's words
        self.said: list[str] = []
        self.strays: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        theirs = tag in ("bdi", *UNREAD) or named.get("dir") == "auto" or self._theirs()
        if tag not in VOID:
            self.open.append((tag, theirs))
        if not theirs:
            self.said += [named[name] or "" for name in (*SPOKEN, *JS) if name in named]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._theirs():
            self.said.append(" ".join(data.split()))
            if RIGHT_TO_LEFT.search(data) and self.open and self.open[-1][0] != "title":
                self.strays.append(f"<{self.open[-1][0]}> {' '.join(data.split())[:80]}")

    def _theirs(self) -> bool:
        return bool(self.open) and self.open[-1][1]


def said(page: str) -> set[str]:
    return {text for text in Words(page).said if any(letter.isalpha() for letter in text)}


def strays(page: str) -> list[str]:
    """Hebrew and Arabic on the page in elements that would set it in the direction of the page's own language. A title
    of the window and attributes have none of their own."""
    return Words(page).strays
