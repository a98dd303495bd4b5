"""Sample intentions of one or more runs and open a study for annotators to judge."""

import json
from collections.abc import Sequence
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.design.demographics import NAMES
from annotation.design.pairs import identical_pairs
from annotation.design.planning.fixed import Figure, Planned
from annotation.design.population import STRATA
from annotation.design.protocol import PRESETS, StudyRefused, Wording
from annotation.design.rules import ALARM, BELOW, FAST, LINE
from annotation.design.services import allocation_parse, study_create, study_warnings
from annotation.models import Study
from annotation.models.protocol_fields import PROTOCOL_FIELDS
from annotation.scales import PROPOSED
from distillation.management.selecting import selection_add, selection_asked
from distillation.models import Run

PROTOCOL = (
    "preset", "typicality_after_yes", "audit_share", "order", "qualification_items", "qualification_pass",
    "qualification_tries", "repeat_share", "repeat_distance", "extra_votes", "lease_minutes",
    "cap", "terms", "seen",
)  # fmt: skip


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--run", action="append", default=[], metavar="NAME", help="may be given several times")
        parser.add_argument("--runs", default="", metavar="A,B", help="the same, separated by commas")
        parser.add_argument(
            "--preference",
            action="store_true",
            help="which of two runs' intentions is better, for the same co-buy and relation; two runs or more",
        )
        parser.add_argument("--items", type=int, required=True, help=PROTOCOL_FIELDS["items"].words)
        _add(parser, "overlap")
        selection_add(parser, otherwise="all of the runs'")
        parser.add_argument("--strata", default="", help=f"comma-separated: {', '.join(STRATA)}")
        parser.add_argument(
            "--allocation", default="equal", help="equal, proportional, or numbers: usedFor/kept:20,usedFor/rejected:10"
        )
        parser.add_argument(
            "--paired", action="store_true", help="the same co-buys and relations from each run, to compare the runs"
        )
        parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same sample")
        parser.add_argument(
            "--group", action="append", default=[], metavar="NAME", help="who may judge; else everybody"
        )
        parser.add_argument("--paused", action="store_true", help="make it, and open it later")
        parser.add_argument("--json", action="store_true")
        self._add_plan(parser.add_argument_group("plan, fixed before the first judgment"))
        self._add_questions(parser.add_argument_group("questions"))
        self._add_checks(parser.add_argument_group("quality checks"))

    def _add_plan(self, group) -> None:
        group.add_argument("--plan-figure", choices=Figure.values, help="what the study is for")
        group.add_argument("--plan-items", type=int, metavar="N", help="to be judged; else all that are sampled")
        group.add_argument("--plan-width", type=float, metavar="POINTS", help="stop when the half-width is under")

    def _add_questions(self, group) -> None:
        group.add_argument(
            "--preset", choices=PRESETS, default=PROPOSED, help="own: a typicality scale of 2 to 7 points"
        )
        group.add_argument("--plausibility", default="", metavar="QUESTION")
        group.add_argument("--plausibility-answers", default="", metavar="A|B", help="the best first")
        group.add_argument("--typicality", default="", metavar="QUESTION")
        group.add_argument("--typicality-answers", default="", metavar="A|B|…", help="the best first")
        group.add_argument("--typical-answers", type=int, help="so many of them count as typical; else the better half")
        group.add_argument("--typicality-after-yes", action="store_true", help="ask it only of what is plausible")
        _add(group, "audit_share")
        group.add_argument("--guidelines", type=Path, metavar="FILE", help="Markdown")
        group.add_argument("--order", choices=Study.Order.values, default=Study.PROPOSED_ORDER)
        _add(group, "lease_minutes")
        _add(group, "cap")
        group.add_argument(
            "--seen", choices=Study.Seen.values, default=Study.Seen.MARK, help="who has seen verdicts of its runs"
        )
        group.add_argument("--terms", default="", metavar="TEXT", help="time and pay, told before the first item")
        group.add_argument("--consent", type=Path, metavar="FILE", help="text to be accepted before the first item")

        group.add_argument(
            "--demographics", default="", metavar="A,B", help=f"asked of annotators, once: {', '.join(NAMES)}"
        )

    def _add_checks(self, group) -> None:
        group.add_argument(
            "--gold",
            type=Path,
            metavar="CSV",
            help="intention_id, or asin_a, asin_b, relation; plausibility, typicality, explanation; of a preference "
            "study intention_id, other_id, better, explanation",
        )
        _add(group, "qualification_items")
        _add(group, "qualification_pass")
        _add(group, "qualification_tries")
        _add(group, "repeat_share")
        _add(group, "repeat_distance")
        _add(group, "extra_votes")
        for name in BELOW:
            group.add_argument(
                f"--pause-{name}", nargs=2, type=float, metavar=("SHARE", "LEAST"), help="pause under it"
            )
        group.add_argument("--pause-fast", nargs=3, type=float, metavar=("SHARE", "LEAST", "SECONDS"))
        group.add_argument("--pause-line", type=int, metavar="ANSWERS", help="so many equal ones in a row")
        group.add_argument("--alarm", type=float, metavar="SHARE", help="when rules have paused more of the annotators")

    def handle(self, **options) -> None:
        try:
            study = study_create(
                name=options["name"],
                kind=Study.Kind.PREFERENCE if options["preference"] else Study.Kind.RATING,
                runs=_named(Run, _runs(options), "`distill --run NAME` makes one"),
                items=options["items"],
                overlap=options["overlap"],
                strata=[part.strip() for part in options["strata"].split(",") if part.strip()],
                allocation=allocation_parse(options["allocation"]),
                seed=options["seed"],
                catalog=selection_asked(options),
                paired=options["paired"],
                gold=_text(options["gold"]).splitlines() if options["gold"] else None,
                groups=_named(Group, options["group"], "an administrator makes one"),
                state=Study.State.PAUSED if options["paused"] else Study.State.OPEN,
                wording=_wording(options),
                guidelines=_text(options["guidelines"]) if options["guidelines"] else "",
                consent=_text(options["consent"]) if options["consent"] else "",
                demographics=[name.strip() for name in options["demographics"].split(",") if name.strip()],
                rules=_rules(options),
                plan=_plan(options),
                **{name: options[name] for name in PROTOCOL},
            )
        except StudyRefused as error:
            raise CommandError(str(error)) from error
        for warning in study_warnings(study):
            self.stderr.write(warning)
        summary = {"study": study.name, "id": study.pk, "items": study.n_items, "overlap": study.overlap}
        words = f"The study {study.name} is {study.state}: {study.n_items:,} items, {study.overlap} judgments each."
        if study.is_preference:
            summary["identical"] = identical = identical_pairs(study)
            words += f" {identical:,} pairs have the same text twice: counted, and not asked." if identical else ""
        self.stdout.write(json.dumps(summary) if options["json"] else words)


def _runs(options: dict) -> list[str]:
    named = [*options["run"], *(name.strip() for name in options["runs"].split(",") if name.strip())]
    if not named:
        raise StudyRefused("A study needs at least one run; name it with --run")
    if len(set(named)) < len(named):
        raise StudyRefused("A run is named twice; name each once")
    return named


def _add(group, name: str) -> None:
    group.add_argument(f"--{name.replace('_', '-')}", **PROTOCOL_FIELDS[name].for_command)


def _named(model: type[Run] | type[Group], names: Sequence[str], help_: str) -> list:
    found = list(model.objects.filter(name__in=names).order_by("pk"))
    if missing := set(names) - {each.name for each in found}:
        raise CommandError(f"There is no {model._meta.verbose_name} named {', '.join(sorted(missing))}; {help_}")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read ({error}); give a text file in UTF-8") from error


def _plan(options: dict) -> Planned | None:
    figure, items, width = (options[f"plan_{name}"] for name in ("figure", "items", "width"))
    if figure is None and (items, width) != (None, None):
        raise StudyRefused("A plan needs its figure; add --plan-figure")
    return Planned(figure, items, None if width is None else width / 100) if figure else None


def _wording(options: dict) -> Wording:
    plausible, typical = (
        [answer for answer in options[f"{name}_answers"].split("|") if answer.strip()]
        for name in ("plausibility", "typicality")
    )
    return Wording(options["plausibility"], plausible, options["typicality"], typical, options["typical_answers"])


def _rules(options: dict) -> dict:
    rules = {name: {"limit": given[0], "least": int(given[1])} for name in BELOW if (given := options[f"pause_{name}"])}
    if given := options["pause_fast"]:
        rules[FAST] = {"limit": given[0], "least": int(given[1]), "seconds": given[2]}
    if options["pause_line"] is not None:
        rules[LINE] = {"limit": options["pause_line"]}
    return rules | ({ALARM: options["alarm"]} if options["alarm"] is not None else {})
