"""What a start does, and does not do twice."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finder
from pytest_django import Settings

from mindsite.serving import static_collect


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    source = tmp_path / "static" / "page.css"
    source.parent.mkdir()
    source.write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [str(source.parent)], tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    get_finder.cache_clear()
    yield source
    get_finder.cache_clear()


def test_static_files_are_collected_again_where_one_of_them_changed(source: Path, tmp_path: Path) -> None:
    collected = tmp_path / "collected" / "page.css"
    static_collect()
    collected.write_text("left as it is")
    os.utime(collected, (0, 0))  # older than its source: it would be made anew
    static_collect()
    assert collected.read_text() == "left as it is"

    source.write_text("a, b {}")
    static_collect()
    assert collected.read_text() == "a, b {}"
