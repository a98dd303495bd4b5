"""What the README and the docs tell people to type: each command is known, and takes what it is given there.

The client of docs/api.md runs in tests/api/test_client_example.py.
"""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandParser, call_command, get_commands, load_command_class

from annotation.models import Study
from benchmarks.__main__ import PARTS
from distillation.models import Run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
TYPED = re.compile(r"^    (.*)$|`([^`]+)`", re.MULTILINE)  # a block's line, or words that may go on in the next line


def commands(page: Path) -> list[str]:
    typed = [" ".join("".join(pair).split()) for pair in TYPED.findall(FENCED.sub("", page.read_text()))]
    return [line.partition("manage.py ")[2] for line in typed if re.search(r"manage\.py [a-z]", line)]


COMMANDS = [(page.name, line) for page in PAGES for line in dict.fromkeys(commands(page))]


def words(line: str) -> list[str]:
    """As somebody would type it: one of each choice, without what may be left away, is cut short, or is a remark."""
    plain = re.sub(r"\[[^\]]*\]", "", re.sub(r"\s#.*", "", line)).replace("…", "")
    return [word if word.startswith("-") else word.partition("|")[0] for word in shlex.split(plain)]


def parser_of(name: str) -> CommandParser:
    return load_command_class(get_commands()[name], name).create_parser("manage.py", name)


def test_commands_are_found_in_the_docs() -> None:
    assert len(COMMANDS) > 25


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_each_command_takes_what_the_docs_give_it(page: str, line: str) -> None:
    name, *given = words(line)
    try:
        parser_of(name).parse_args(given)
    except SystemExit as error:
        pytest.fail(f"{page}: manage.py {line} ends with {error.code}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_and_measurements_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"(?:^    |`)make ([a-z][\w-]*)", text, re.MULTILINE))
    measured = set(re.findall(r"python -m benchmarks ([a-z]\w*)", text))
    assert (named - TARGETS, measured - PARTS.keys()) == (set(), set())


@pytest.mark.django_db
def test_released_intentions_are_imported_and_compared_as_the_docs_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sample = "distillation/sample"
    catalog = (f"{sample}/products.csv", "--format", "csv", "--cobuys", f"{sample}/cobuys.csv")
    call_command("import_catalog", *catalog, stdout=StringIO())
    for line in commands(ROOT / "docs/researchers.md"):
        if "sample/releases" in line or line.startswith("create_study releases"):
            call_command(*words(line), stdout=StringIO())
    assert Run.objects.filter(name__in=["folkscope-sample", "mind-sample"]).count() == 2
    assert Study.objects.get().items.count() == 48
