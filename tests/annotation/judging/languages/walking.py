"""Pages in each language of the annotators: what on them is said as in English."""

import re
from collections.abc import Callable, Iterator

from django.http import HttpResponse
from django.test import Client

from tests.annotation.words import said

LANGUAGES = ("de", "es")
# The same in these languages, or names. Of numbers and their signs only letters count.
SAME = {
    "Mindsite",
    "Admin",
    "Name",
    "Pause",
    "A",
    "B",
    "S",
    "No",
    "Plausible",
    "Token",
    "Optional",
    "min",
    "s",
    "h",
    "d",
}
TIME_OR_CODE = re.compile(r"(\d+ (d|h|min|s)( in)? ?|\d+ in )+|[A-Z0-9]{4}(-[A-Z0-9]{4})+")
# No German or Spanish text has these, whole words.
ENGLISH = re.compile(r"\b(the|this|you|your|is|are|of|and|to|with|not|have|it|them|what|by)\b", re.IGNORECASE)
Get = Callable[[str], HttpResponse]


def untranslated(get: Get) -> list[str]:
    """What the page says in another language as it does in English, or with English words in it."""
    english = said(get("en").content.decode())
    assert english
    found = []
    for language in LANGUAGES:
        page = get(language).content.decode()
        assert f'<html lang="{language}">' in page
        there = {text for text in said(page) if not _is_the_same(text)}
        found += [(language, text) for text in there if text in english or ENGLISH.search(text)]
    return sorted(found)


def _is_the_same(text: str) -> bool:
    return text.removesuffix(" · Mindsite") in SAME or bool(TIME_OR_CODE.fullmatch(text))


def by(client: Client, address: str) -> Get:
    return lambda language: client.get(address, headers={"Accept-Language": language})


def sent(client: Client, address: str, **form) -> Get:
    """A form that is refused, and so can be sent in each language."""
    return lambda language: client.post(address, form, headers={"Accept-Language": language})


def checked(pages: Iterator[tuple[str, Get]]) -> dict[str, list]:
    return {state: found for state, get in pages if (found := untranslated(get))}
