"""An experiment's answer and report paragraph, written by rule from its figures."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.figures.words import points
from research.experiments.exact import Exact
from research.experiments.judged import Judged


def signed(share: float | None) -> str:
    if share is not None and abs(share) < 0.0005:
        return points(0.0)  # neither +0.0 nor −0.0
    words = points(share)
    return f"+{words}" if share is not None and share > 0 else words


def between(ends: tuple[float, float] | None) -> str:
    return f"{signed(ends[0])} to {signed(ends[1])}" if ends else ""


def lead(people: Sequence[Judged]) -> str:
    """The answer in one sentence, of the first figure that people judge."""
    rows = [row for row in people if row.name == people[0].name and row.difference.figure.value is not None]
    if not rows:
        return ""
    clear = [row.arm.label for row in rows if row.is_clear]
    if not clear:
        return f"No difference to the control can be told in {len(rows)} arm{'s' * (len(rows) > 1)}."
    verb = "differs" if len(clear) == 1 else "differ"
    return f"{_listed(clear)} {verb} from the control in what people find {people[0].name.lower()}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def answer(figures: Exact, people: Sequence[Judged]) -> list[str]:
    """The first figure that people judge, arm by arm: what is found, and what can't be told, as plainly."""
    if not people:
        return ["Not judged yet: what is counted stands below, what people think of it takes a paired study."]
    name = people[0].name
    rows = [row for row in people if row.name == name and row.difference.figure.value is not None]
    clear = [row for row in rows if row.is_clear]
    said = [
        f"{row.arm.label}: {name.lower()} {signed(row.difference.figure.value)} points "
        f"({between(row.difference.figure.ci95)}) against the control."
        for row in clear
    ]
    if unclear := [row for row in rows if not row.is_clear]:
        told = "; ".join(
            f"{row.arm.label} {signed(row.difference.figure.value)} ({between(row.difference.figure.ci95)})"
            for row in unclear
        )
        said.append(f"This sample can't tell whether these differ: {told}.")
    return said or ["Nothing is judged in the control and another arm yet."]


SIMULATED = " The judgments were simulated by a program: no person has judged."


def paragraph(question: str, figures: Exact, people: Sequence[Judged], *, simulated: bool = False) -> str:
    control = figures.arms[0].arm.run
    lost = "; ".join(f"{each.arm.label} lost {each.left_out} co-buys" for each in figures.arms if each.left_out)
    parts = [
        f"{question} " * bool(question),
        f"We compared {len(figures.arms) - 1} arms with a control over the same {figures.cobuys} co-buys and "
        f"{len(figures.relations)} relations ({control.model}, temperature {control.config['temperature']}). ",
        f"A failed treatment leaves its co-buy out of that arm's comparison ({lost}). " if lost else "",
        " ".join(answer(figures, people)),
        " Differences are of intentions on the same co-buy and relation, with 95 % intervals from co-buys as sampling "
        "units and Holm's correction over the arms; people judged with the original pictures, blinded to the arm."
        if people
        else "",
        SIMULATED if simulated else "",
    ]
    return "".join(parts)
