"""Several versions of a protocol at a time, as people write them: 1,3-5."""

import re

from annotation.models import Judgment, Study
from common.refusals import Refused

_PART = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
LARGEST, MOST = 32_767, 100


class VersionsRefused(Refused):
    """What is wrong with a choice of versions."""


def versions_parse(text: str) -> tuple[int, ...]:
    """Numbers and ranges with commas between, in order; empty is all, and so is no tuple. Raises VersionsRefused."""
    found: set[int] = set()
    for part in (each.strip() for each in text.split(",")) if text.strip() else ():
        match = _PART.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= LARGEST:
            raise VersionsRefused(f'"{part[:40]}" is no version; give numbers such as 2, or 1,3-5')
        found |= set(range(first, min(last, first + MOST) + 1))
        if len(found) > MOST:
            raise VersionsRefused(f"More than {MOST} versions at a time can't be chosen; choose fewer, or all")
    return tuple(sorted(found))


def versions_of(study: Study, text: str) -> tuple[int, ...]:
    """The same, of those that the study has had, or that imported judgments name. Raises VersionsRefused."""
    chosen = versions_parse(text)
    beyond = [number for number in chosen if number > study.version]
    if beyond:
        there = Judgment.objects.filter(participant__study=study, version__in=beyond)
        beyond = sorted(set(beyond) - set(there.order_by().values_list("version", flat=True).distinct()))
    if beyond:
        has = f"versions 1 to {study.version}" if study.version > 1 else "version 1 only"
        raise VersionsRefused(f"{study.name} has had {has}; nobody answered version {beyond[0]}")
    return chosen
