"""Move what is kept here (database, pictures, secrets) to another folder, with the site stopped.

For another machine: `backup` here, `restore` there, and copy secret_key and erasures.jsonl.
"""

import subprocess
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite import embedded
from mindsite.supervision.instances import instances


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="does not exist yet; MINDSITE_VAR names it afterwards")

    def handle(self, **options) -> None:
        here, there = embedded.VAR, options["folder"].absolute()
        if there.exists() or there.is_relative_to(here):
            raise CommandError(f"{there} is there already, or in {here}: name a folder that is not there yet")
        if embedded.runs() or any(each.runs() for each in instances(here / "run")):
            raise CommandError("Something runs here: `manage.py stop` ends it")
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
            here.rename(there)
        except OSError:
            _copy(here, there)
        self.stdout.write(f"All is in {there} now: set MINDSITE_VAR={there} from here on")


def _copy(here: Path, there: Path) -> None:
    """To another disk: whole and compared before it has its name; what was here is put aside, not deleted."""
    draft = there.with_name(f"{there.name}.part")
    folders = (str(here), str(draft))
    for words in (["cp", "-a", "--", *folders], ["diff", "-r", "--no-dereference", "-q", *folders]):
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CommandError(f"It could not be copied, and all is as it was: {(done.stderr or done.stdout)[:300]}")
    draft.rename(there)
    here.rename(here.with_name(f"{here.name}.moved"))
