"""Which judgments figures count, and how they are read: what a researcher has chosen above the dashboard. The choices
are an allow-list."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from annotation.models import Item, Judgment, JudgmentQuerySet, Skip, SkipQuerySet, Study
from common.days import start_of
from distillation.catalog.selection import CatalogSelection

LATENT, ADJUDICATED, PEOPLE = "latent", "adjudicated", "people"


@dataclass(frozen=True, slots=True)
class Selection:
    """Empty fields choose nothing. `since` and `until` are days, both within; `imports` are data sets, of exports."""

    relation: str = ""
    category: str = ""
    run: int | None = None
    group: int | None = None
    since: date | None = None
    until: date | None = None
    with_excluded: bool = False
    imports: tuple[int, ...] = ()
    truth: str = ""  # what the filter is set against: the majority of complete items, LATENT or ADJUDICATED
    whose: str = ""  # opinion: that of these annotators, or of PEOPLE like them
    with_seen: bool = False  # judgments of those too who had seen verdicts
    version: tuple[int, ...] = ()  # of the protocol that the judgments were given under; skips have none
    person: str = ""  # one annotator's, by pseudonym

    @property
    def chooses_judgments(self) -> bool:
        """Whether single judgments are chosen; the tallies on the items, which count all, can't be used then."""
        return any((self.group, self.person, self.since, self.until, self.with_excluded, self.with_seen, self.version))

    @property
    def only_adds_excluded(self) -> bool:
        """Whether the chosen are those that the tallies count and those of excluded annotators."""
        return self.with_excluded and not replace(self, with_excluded=False).chooses_judgments

    @property
    def counted(self) -> "Selection":
        """Which judgments count, however they are read."""
        return replace(self, truth="", whose="")

    @property
    def fields(self) -> dict[str, object]:
        """For forms and addresses, the parts that choose something."""
        return {name: _written(each) for name, each in asdict(self).items() if each}

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    def of_items(self, prefix: str = "") -> Q:
        chosen = {"relation": self.relation, "category": self.category, "run": self.run}
        return Q(**{f"{prefix}{name}": value for name, value in chosen.items() if value})

    def judgments(self, study: Study) -> QuerySet[Judgment]:
        """What counts: first judgments of sampled items, by annotators who are not excluded unless asked for."""
        return self._all(study).counting(with_excluded=self.with_excluded, with_seen=self.with_seen)

    def votes(self, study: Study) -> QuerySet[Judgment]:
        """These, and the extra votes on items over which people are split."""
        return self._all(study).votes(with_excluded=self.with_excluded, with_seen=self.with_seen)

    def _all(self, study: Study) -> JudgmentQuerySet:
        of_version = Q(version__in=self.version) if self.version else Q()
        chosen = self.of_items("item__") & self._of_judgments() & of_version
        return Judgment.objects.filter(chosen, participant__study=study)

    def skips(self, study: Study) -> SkipQuerySet:
        """By the same people, of the same items, in the same days."""
        skips = Skip.objects.filter(self.of_items("item__"), participant__study=study, item__gold__isnull=True)
        return skips.counting(with_excluded=self.with_excluded).filter(self._of_judgments())

    def _of_judgments(self) -> Q:
        """What is asked of a judgment itself, or of a skip."""
        chosen = Q(participant__annotator__groups=self.group) if self.group else Q()
        if self.person:
            chosen &= Q(participant__pseudonym=self.person)
        if self.since:
            chosen &= Q(created_at__gte=start_of(self.since))
        if self.until:
            chosen &= Q(created_at__lt=start_of(self.until + timedelta(days=1)))
        return chosen

    def of_rows(
        self, study: Study, cell: Callable[[str], NDArray[np.str_]], at: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """What is asked of items, people and days, of rows in hand: `cell` has their columns as exports name them, `at`
        their moments in seconds."""
        run = dict(study.runs.values_list("pk", "name")).get(self.run or 0, "")
        found = np.ones(len(at), dtype=bool)
        for name, value in {"relation": self.relation, "category": self.category, "run": run}.items():
            if value:
                found &= cell(name) == value
        if self.version:
            found &= np.isin(cell("study_version").astype(int), self.version)
        if self.group:
            people = study.participants.filter(annotator__groups=self.group).values_list("pseudonym", flat=True)
            found &= np.isin(cell("annotator"), list(people))
        if self.person:
            found &= cell("annotator") == self.person
        if self.since:
            found &= at >= start_of(self.since).timestamp()
        if self.until:
            found &= at < start_of(self.until + timedelta(days=1)).timestamp()
        return found

    def items(self, study: Study) -> QuerySet[Item]:
        of_imports, chosen = CatalogSelection(imports=self.imports).q("intention__cobuy__"), self.of_items()
        if study.is_preference and self.run:
            of_either = Q(run=self.run) | Q(other_run=self.run)
            chosen = replace(self, run=None).of_items() & of_either
        return Item.objects.sampled().filter(chosen, of_imports, study=study)


def _written(value: object) -> object:
    """As forms and addresses have it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return int(value) if value is True else value


EVERYTHING = Selection()
