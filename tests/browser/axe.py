"""axe-core, which finds what keeps people out; skipped with a reason where there is none."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = os.environ.get("AXE_JS", "")
needs_axe = pytest.mark.skipif(not AXE, reason="AXE_JS names no axe.min.js (npm pack axe-core)")


def axe_finds(page: Page) -> list[str]:
    # Not as a script element: the page's security policy forbids that, as it should.
    page.evaluate(Path(AXE).read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]
