"""Make accounts from a CSV file: columns username and, if wanted, role, group, email. Passwords are shown once."""

import csv
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import transaction

from accounts.models import User
from accounts.services import user_create
from accounts.user_csv import CsvRefused, Wanted, users_read

# No letters that are misread; sixteen of these are 78 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("csv", type=Path, metavar="CSV")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write names and passwords there, not here")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        try:
            wanted = users_read(options["csv"])
            new = _new(wanted, options["csv"])
        except CsvRefused as error:
            raise CommandError(str(error)) from error
        passwords = {user.username: _password() for user in new}
        with _sheet(options["output"]) as sheet, transaction.atomic():
            for i, user in enumerate(new, 1):
                self._progress(i, len(new))
                groups = [Group.objects.get_or_create(name=user.group)[0]] if user.group else []
                user_create(
                    username=user.username,
                    password=passwords[user.username],
                    role=user.role,
                    email=user.email,
                    groups=groups,
                )
            if sheet:
                _write(sheet, passwords)
                sheet.flush()  # a full disk must say so before the accounts are there
        self._report(options, passwords, len(wanted) - len(new))

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {total:,} accounts", ending="\n" if done == total else "")

    def _report(self, options: dict, passwords: dict[str, str], n_existing: int) -> None:
        if options["json"]:
            shown = {} if options["output"] else {"passwords": passwords}
            self.stdout.write(json.dumps({"made": len(passwords), "existing": n_existing, **shown}))
            return
        if not options["output"]:
            _write(self.stdout, passwords)
        where = f"; names and passwords are in {options['output']}" if options["output"] else ""
        self.stderr.write(f"{len(passwords):,} accounts made, {n_existing:,} existed and are untouched{where}")


def _new(wanted: list[Wanted], path: Path) -> list[Wanted]:
    existing = {name.casefold(): name for name in User.objects.values_list("username", flat=True)}
    for user in wanted:
        if (name := existing.get(user.username.casefold(), user.username)) != user.username:
            raise CsvRefused(f"{path}: {user.username} differs from the existing {name} in capitals only")
    return [user for user in wanted if user.username.casefold() not in existing]


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


@contextmanager
def _sheet(path: Path | None) -> Iterator[TextIO | None]:
    """A file that only its owner can read; removed again if the accounts can't be made."""
    if path is None:
        yield None
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already; name a new file") from error
    except OSError as error:
        raise CommandError(f"{path} can't be written ({error.strerror})") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(out: TextIO | OutputWrapper, passwords: dict[str, str]) -> None:
    sheet = csv.writer(out)
    sheet.writerow(["username", "password"])
    sheet.writerows(passwords.items())
