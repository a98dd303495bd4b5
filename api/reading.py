"""The API's description as a page shows it: routes by what they are of, what they take, what they answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

METHODS = ("get", "post", "patch", "delete")


@dataclass
class Taken:
    """A parameter, or a field of a body or an answer."""

    name: str
    where: str
    kind: str
    of: str = ""  # the component that it is made of
    is_required: bool = False
    words: str = ""


@dataclass
class Operation:
    method: str
    path: str
    words: list[str]
    takes: list[Taken] = field(default_factory=list)
    answers: list[tuple[str, str, str]] = field(default_factory=list)  # code, words, component
    problems: list[str] = field(default_factory=list)  # codes

    @property
    def key(self) -> str:
        return f"{self.method}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


def sections(schema: dict[str, Any]) -> dict[str, list[Operation]]:
    """Operations by tag, both in the order of names."""
    found: dict[str, list[Operation]] = {}
    for path, item in sorted(schema["paths"].items()):
        for method in METHODS:
            if method in item:
                found.setdefault(item[method]["tags"][0], []).append(_operation(schema, method, path, item[method]))
    return dict(sorted(found.items()))


def components(schema: dict[str, Any]) -> dict[str, list[Taken]]:
    """What bodies and answers are made of; the values of a choice stand as one line."""
    return {name: list(_fields(part)) or [_of_choice(part)] for name, part in schema["components"]["schemas"].items()}


def made_of(operations: Iterable[Operation] | None, parts: dict[str, list[Taken]]) -> dict[str, list[Taken]]:
    """Those of the components that these operations speak of, or that stand in one of these."""
    asked = [one.of for each in operations or () for one in each.takes]
    asked += [of for each in operations or () for _, _, of in each.answers]
    found: set[str] = set()
    while asked:
        name = asked.pop()
        if name in parts and name not in found:
            found.add(name)
            asked += [one.of for one in parts[name]]
    return {name: fields for name, fields in parts.items() if name in found}


def _operation(schema: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> Operation:
    takes = [
        Taken(
            each["name"], each["in"], *_kind(each["schema"]), each.get("required", False), each.get("description", "")
        )
        for each in told.get("parameters", ())
    ]
    for body in told.get("requestBody", {}).get("content", {}).values():
        _, name = _kind(body["schema"])
        takes += list(_fields(schema["components"]["schemas"].get(name, {}), "body"))
    answers = [(code, each["description"], _answered(each)) for code, each in told["responses"].items() if code < "4"]
    problems = [code for code in told["responses"] if code >= "4"]
    return Operation(method.upper(), path, told["description"].split("\n\n"), takes, answers, problems)


def _answered(answer: dict[str, Any]) -> str:
    kinds = [_kind(content.get("schema", {}))[1] for content in answer.get("content", {}).values()]
    return next(filter(None, kinds), "")


def _fields(part: dict[str, Any], where: str = "") -> Iterator[Taken]:
    required = part.get("required", ())
    for name, told in part.get("properties", {}).items():
        yield Taken(name, where, *_kind(told), name in required, told.get("description", ""))


def _of_choice(part: dict[str, Any]) -> Taken:
    return Taken("", "", *_kind(part), False, part.get("description", ""))


def _kind(told: dict[str, Any]) -> tuple[str, str]:
    """Its words, and the component where it is one."""
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return name, name
    for many in ("oneOf", "anyOf", "allOf"):
        if many in told:
            each = [_kind(one) for one in told[many]]
            return " or ".join(words for words, _ in each), next((of for _, of in each if of), "")
    if told.get("type") == "array":
        words, of = _kind(told.get("items", {}))
        return f"list of {words}", of
    if "enum" in told:
        return " | ".join(str(value) for value in told["enum"]), ""
    named = told.get("type", "anything")
    words = " or ".join(named) if isinstance(named, list) else str(named)
    bounds = [f"{sign} {told[name]}" for name, sign in (("minimum", "≥"), ("maximum", "≤")) if name in told]
    return " ".join([words, *bounds, *([f"(default {told['default']})"] if "default" in told else [])]), ""
