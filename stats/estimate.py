from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval and the number of units behind it; without a value, the reason why.

    A `note` says what must be known to read the value, such as that it was counted and needs no interval.
    """

    value: float | None
    ci95: tuple[float, float] | None = None
    n: int = 0
    reason: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        leaf: dict[str, Any] = {"value": self.value, "ci95": list(self.ci95) if self.ci95 else None, "n": self.n}
        if self.value is None:
            leaf["reason"] = self.reason
        return leaf | {"note": self.note} if self.note else leaf


def undefined(reason: str, n: int = 0) -> Estimate:
    return Estimate(None, n=n, reason=reason)
