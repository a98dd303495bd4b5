import ast
import gettext
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.models import Judgment, Study
from distillation.pipeline.relations import RELATIONS
from tests.annotation.builders import study
from tests.annotation.pages import HTMX, lease_of, rate, url

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
CATALOGS = settings.BASE_DIR / "locale"
LANGUAGES = ("de", "es")
KINDS = (r"msgid(?:_plural)?", r"msgstr(?:\[\d\])?")


@pytest.fixture
def made(annotator: User) -> Study:
    return study(items=3)


def catalog(language: str = "de") -> list[tuple[list[str], list[str]]]:
    """Each entry of the .po, its header and words with a context aside: the English (and plural), the translations."""
    entries = (CATALOGS / language / "LC_MESSAGES/django.po").read_text().split("\n\n")[1:]
    entries = [entry for entry in entries if "msgctxt" not in entry]
    quoted = r' (".*")$'
    return [
        tuple(
            [ast.literal_eval(text) for text in re.findall(f"^{kind}{quoted}", entry, re.MULTILINE)] for kind in KINDS
        )
        for entry in entries
    ]


def test_the_home_page_is_german(as_annotator: Client, made: Study) -> None:
    page = as_annotator.get(reverse("judge-home"), headers=GERMAN).content.decode()
    assert '<html lang="de">' in page
    assert "Sie haben 0 von 3 beurteilt." in page
    assert "Beginnen<span" in page


def test_the_judging_page_is_german(as_annotator: Client, made: Study) -> None:
    page = as_annotator.get(url("page", made), headers=GERMAN).content.decode()
    assert '<html lang="de">' in page
    for words in ("Warum würde jemand beides kaufen?", "Speichern <kbd>", "Noch zu beantworten:", "Jetzt senden"):
        assert words in page
    assert 'role="progressbar" aria-valuenow="0"' in page


def test_the_reveal_is_german(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    page = as_annotator.get(url("page", made), headers=GERMAN).content.decode()
    for words in ("Hatte der Filter recht?", "Der Filter:", "Begründung gegen Urteil"):
        assert words in page


def test_a_refusal_is_german(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    form = {"item": lease_of(as_annotator).item_id, "submission": "11111111-1111-4111-8111-111111111111", "version": 1}
    answer = as_annotator.post(reverse("judge-save", args=[made.pk]), form, headers=HTMX | GERMAN)
    assert "Beantworten Sie die Frage: Ist er plausibel?" in answer.content.decode()


def test_the_sign_in_page_is_german(db: None) -> None:
    page = Client().get(reverse("login"), headers=GERMAN).content.decode()
    assert "Passwort</label>" in page


@pytest.mark.parametrize("language", ["en", "xx", ""])
def test_other_browsers_get_english(as_annotator: Client, made: Study, language: str) -> None:
    page = as_annotator.get(url("page", made), headers={"Accept-Language": language}).content.decode()
    assert '<html lang="en">' in page
    assert "Why would somebody buy both?" in page


def test_researchers_pages_stay_english(as_researcher: Client) -> None:
    """They are not translated, and a German comma would break widths in style and SVG."""
    page = as_researcher.get(reverse("study-list"), headers=GERMAN)
    assert '<html lang="en">' in page.content.decode()
    assert page["Content-Language"] == "en"


def test_a_researchers_own_words_stay_as_they_are(as_annotator: Client, made: Study) -> None:
    own = [made.scales[0] | {"text": "Is it sensible?"}, made.scales[1]]
    Study.objects.update(scales=own)
    page = as_annotator.get(url("page", made), headers=GERMAN).content.decode()
    assert "Is it sensible?" in page
    assert ">Yes</bdi>" in page  # not half translated
    assert "Wie typisch ist er für solche Käufe?" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert "fuzzy" not in (CATALOGS / language / "LC_MESSAGES/django.po").read_text()
    assert len(catalog(language)) > 300
    assert [english for english, theirs in catalog(language) if not theirs or not all(theirs)] == []


def test_every_text_of_the_templates_is_in_the_catalog() -> None:
    templates = "".join(path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html"))
    marked = set(re.findall(r'{% translate "([^"]+)" %}', templates))
    assert marked - {english[0] for english, _ in catalog()} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_is_up_to_date(language: str) -> None:
    with (CATALOGS / language / "LC_MESSAGES/django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for english, theirs in catalog(language):
        found = [compiled.ngettext(*english, n) for n in (1, 2)] if english[1:] else [compiled.gettext(english[0])]
        assert found == theirs


def test_right_is_a_side_or_an_answer() -> None:
    with (CATALOGS / "de/LC_MESSAGES/django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert (compiled.pgettext("side", "Right"), compiled.gettext("Right")) == ("Rechts", "Richtig")


def test_words_from_data_are_in_the_catalog() -> None:
    shown = {relation.words for name, relation in RELATIONS.items() if name != "open"}
    assert shown | set(Judgment.AuditReason.labels) <= {english[0] for english, _ in catalog()}
