"""Why somebody's work has stopped, in the reader's language. What is stored is English: researchers read it too."""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# The stored line, and how it is said; what stands in for a share, a number or a person's own words is kept.
_LINES = [
    _("%(by)s has paused you: %(why)s"),
    _("%(by)s has excluded you: %(why)s"),
    _("%(right)s of your last %(asked)s check items were answered as expected; the study asks for %(wanted)s"),
    _(
        "Rule: %(share)s %% of the items with a known answer were answered as expected; "
        "the study asks for %(wanted)s %%"
    ),
    _("Rule: %(share)s %% of the items shown twice were answered the same way; the study asks for %(wanted)s %%"),
    _("Rule: %(share)s %% of the comparisons with others agree; the study asks for %(wanted)s %%"),
    _("Rule: %(share)s %% of the answers came in under %(seconds)s s"),
    _("Rule: %(n)s answers in a row are the same"),
]


def _pattern(line: str) -> re.Pattern[str]:
    places = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(line))
    return re.compile(places.replace("%%", "%"), re.DOTALL)


_PATTERNS = [(line, _pattern(line)) for line in _LINES]


def reason_shown(stored: str) -> str:
    for line, pattern in _PATTERNS:
        if said := pattern.fullmatch(stored):
            return gettext(line) % said.groupdict()
    return stored
