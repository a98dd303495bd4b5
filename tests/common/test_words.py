"""Days, times to judge, verdicts and relations are said in one way: by one filter, template or table each."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from common.words import day_words, median_words

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "templates").rglob("*.*"))
ROOMS = ("accounts", "annotation", "api", "distillation", "knowledge", "mindsite", "research", "webhooks")
CODE = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
FOR_MACHINES = r"""(?!['"](c|U|Y-m-d)['"])"""
TWINS = {
    "a day or a time, on pages": (PAGES, rf"\|date:{FOR_MACHINES}", "_when.html", '{{ made|date:"j M Y" }}'),
    "a day, in code": (CODE, r"%-?d %[bB] %Y", "common/words.py", 'f"{day:%-d %B %Y}"'),
    "a verdict": (
        PAGES,
        r"[✓✕] ({% translate \")?(Keep|Kept|Reject|Yes|No)\b",
        "_verdict.html",
        '<b class="verdict yes">✓ Keep</b>',
    ),
    "a relation": (CODE, r"RELATIONS\[[^\]]*\]\.words or", "relations.py", 'RELATIONS[code].words or "open"'),
}


def test_a_median_under_a_second_has_no_digits() -> None:
    assert [median_words(seconds) for seconds in (0.4, 1, 23.46)] == ["under 1 s", "1.0 s", "23.5 s"]


def test_pages_and_code_say_a_day_alike() -> None:
    day = date(2026, 1, 3)
    assert Template("{{ at|day }}").render(Context({"at": day})) == day_words(day) == "3 Jan 2026"


def test_a_page_says_a_time_to_judge_as_a_median() -> None:
    assert Template("{{ a|seconds }}, {{ b|seconds }}").render(Context({"a": 0.0, "b": None})) == "under 1 s, –"


@pytest.mark.parametrize("what", TWINS)
def test_there_is_no_other_way_to_say(what: str) -> None:
    files, spelling, home, twin = TWINS[what]
    assert re.search(spelling, twin)
    assert [str(path) for path in files if not str(path).endswith(home) and re.search(spelling, path.read_text())] == []


@pytest.mark.parametrize(("kept", "said"), [(True, "✓ Kept"), (False, "✕ Rejected"), (None, "No verdict")])
def test_a_verdict_is_said_by_its_outcome(kept: bool | None, said: str) -> None:
    assert said in render_to_string("_verdict.html", {"kept": kept})
