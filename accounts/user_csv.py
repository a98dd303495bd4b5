"""Accounts to be made, read from a CSV file: complete and sound, or refused with file and line."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from accounts.models import User
from common.refusals import Refused

COLUMNS = ("username", "role", "group", "email")
# A spreadsheet that opens the list of passwords would run such a cell.
FORMULA_STARTS = ("=", "+", "-", "@")


class CsvRefused(Refused):
    """Why the file can't be used, in one line."""


@dataclass(frozen=True, slots=True)
class Wanted:
    username: str
    role: User.Role
    group: str
    email: str


def users_read(path: Path) -> list[Wanted]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_columns(path, reader.fieldnames or [])
            return _users(path, reader)
    except OSError as error:
        raise CsvRefused(f"{path} can't be read ({error.strerror}); give a CSV file") from error
    except UnicodeDecodeError as error:
        raise CsvRefused(f"{path} is not UTF-8; save it as “CSV UTF-8”") from error
    except csv.Error as error:
        raise CsvRefused(f"{path}, line {reader.line_num}: no CSV ({error})") from error


def _check_columns(path: Path, given: Sequence[str]) -> None:
    columns = "the columns are username and, if wanted, role, group, email"
    if "username" not in given or len(set(given)) < len(given):
        raise CsvRefused(f"{path}, line 1: {columns}; each once, with a first line of their names")
    if unknown := sorted(set(given) - set(COLUMNS)):
        raise CsvRefused(f"{path}, line 1: {', '.join(unknown)} is not known; {columns}")


def _users(path: Path, reader: csv.DictReader) -> list[Wanted]:
    users: list[Wanted] = []
    lines: dict[str, int] = {}
    for row in reader:
        try:
            user = _user(row)
        except (ValidationError, ValueError) as error:
            raise CsvRefused(f"{path}, line {reader.line_num}: {_words(error)}") from error
        earlier = lines.setdefault(user.username.casefold(), reader.line_num)
        if earlier != reader.line_num:
            raise CsvRefused(f"{path}, line {reader.line_num}: {user.username} stands in line {earlier} already")
        users.append(user)
    if not users:
        raise CsvRefused(f"{path} names nobody")
    return users


def _user(row: dict) -> Wanted:
    if None in row or None in row.values():
        raise ValueError("more or fewer cells than columns")
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name, cell in cells.items():
        if cell.startswith(FORMULA_STARTS):
            raise ValueError(f"{name} {cell!r} begins like a spreadsheet's formula")
    role = cells["role"].lower() or User.Role.ANNOTATOR
    if role not in User.Role.values:
        raise ValueError(f"{cells['role']!r} is no role; there are {', '.join(User.Role.values)}")
    username = User.normalize_username(cells["username"])
    User(username=username, email=cells["email"]).clean_fields(exclude=["password", "role"])
    if cells["group"]:
        Group(name=cells["group"]).clean_fields()
    return Wanted(username, User.Role(role), cells["group"], cells["email"])


def _words(error: ValidationError | ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
