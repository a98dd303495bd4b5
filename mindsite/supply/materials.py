"""What Mindsite is made of, as it is installed here: a bill of materials (CycloneDX 1.6) and a list of licences."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common.version import __version__

UNNAMED = "not named in its metadata"
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==", re.MULTILINE)


class Material(NamedTuple):
    name: str
    version: str
    licence: str
    needs: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def materials(requirements: str) -> list[Material]:
    """Of the lines `name==version` those that are installed here (some are for older Pythons), by name."""
    found = (_found(canonicalize_name(name)) for name in PINNED.findall(requirements))
    return sorted(each for each in found if each)


def bill(parts: list[Material]) -> dict[str, Any]:
    known = {each.name: each.purl for each in parts}
    ours = f"pkg:generic/mindsite@{__version__}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "application", "bom-ref": ours, "name": "mindsite", "version": __version__},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": each.purl,
                "name": each.name,
                "version": each.version,
                "purl": each.purl,
                "licenses": [{"license": {"name": each.licence}}],
            }
            for each in parts
        ],
        "dependencies": [
            {"ref": ours, "dependsOn": sorted(known.values())},
            *({"ref": each.purl, "dependsOn": sorted(known[n] for n in each.needs if n in known)} for each in parts),
        ],
    }


def _found(name: str) -> Material | None:
    try:
        there = distribution(name)
    except PackageNotFoundError:
        return None
    return Material(name, there.version, _licence(there), tuple(sorted(set(_needs(there)))))


def _needs(there: Distribution) -> Iterator[str]:
    for line in there.requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield canonicalize_name(wanted.name)


def _licence(there: Distribution) -> str:
    told: Any = there.metadata  # more than the protocol that it is typed as
    if expression := told.get("License-Expression"):
        return expression
    classes = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    if classes:
        return "; ".join(sorted(classes))
    return (told.get("License") or "").strip().partition("\n")[0][:100] or UNNAMED
