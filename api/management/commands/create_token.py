"""Make a token for the API. Its secret is printed once, on standard output, and can't be had again."""

import json
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from api.models import Scope
from api.tokens.services import LONGEST, TokenRefused, token_create


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="whose name and role it has")
        parser.add_argument("--name", default="command line", help="what will use it")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="may be given several times; default: read"
        )
        parser.add_argument("--days", type=int, default=90, help=f"until it ends, at most {LONGEST.days}")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        owner = User.objects.filter(username=options["user"]).first()
        if owner is None:
            raise CommandError(f"There is nobody named {options['user']}; create_users makes accounts")
        if not 1 <= options["days"] <= LONGEST.days:
            raise CommandError(f"--days {options['days']}: give a number from 1 to {LONGEST.days}")
        wanted = {"name": options["name"], "scopes": options["scope"] or [Scope.READ]}
        try:
            token, secret = token_create(owner=owner, valid=timedelta(days=options["days"]), **wanted)
        except TokenRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        told = {"token": secret, "owner": owner.username, "scopes": token.scopes, "ends": token.expires_at.isoformat()}
        self.stdout.write(json.dumps(told) if options["json"] else secret)
        if not options["json"]:
            self.stderr.write(
                f"For {', '.join(token.scopes)}, until {token.expires_at:%Y-%m-%d}; keep it, it is shown once"
            )
