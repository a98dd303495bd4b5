"""Rows read from the database; what several panels need is read once for each revision."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Count, Q, Sum
from numpy.typing import NDArray

from annotation.figures.patterns import By, Patterns, Progress, complete_in, kept_at, patterns
from annotation.figures.periods.rows import Dated, dated_items
from annotation.figures.rows.alike import items_alike
from annotation.figures.rows.asked import Asked, Made
from annotation.figures.rows.kinds import (
    PACE_DAYS,
    Answers,
    Audited,
    Ballots,
    Completed,
    Decided,
    Grown,
    ItemAudits,
    Labels,
    Looked,
    Pairs,
    People,
    RatedTwice,
    Repeated,
    Reported,
    Revised,
    SingleVotes,
    Skipped,
    cuts_of,
    steps_of,
)
from annotation.figures.rows.labels import ballots, item_audits, labels, single_votes
from annotation.figures.rows.looks import looked
from annotation.figures.rows.moments import grown, moments
from annotation.figures.rows.pace import pace, quarters
from annotation.figures.rows.pairs import pairs
from annotation.figures.rows.reported import reported
from annotation.figures.rows.singles import answers, known, people, rated_twice, repeated, revised
from annotation.figures.rows.totals import Totals, totals
from annotation.figures.speaking import response_factors
from annotation.scales import Question
from annotation.selection import ADJUDICATED, EVERYTHING, Selection
from distillation.models import Run
from distillation.runs.p_yes import runs_p_yes
from stats.packing import BITS, unit


@dataclass(frozen=True, slots=True)
class Live:
    asked: Asked

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        return self.asked.once(what, make)

    def of_items(self) -> "Live":
        return Live(self.asked.of_items())

    def judged(self, by: By = "relation") -> tuple[Patterns, Progress]:
        asked = self.asked
        return self.once(f"rows by {by}", lambda: patterns(asked.study, asked.selection, by, keep=asked.so_far))

    def truth(self, by: By = "relation") -> Patterns:
        study, chosen = self.asked.study, self.asked.selection
        if chosen.truth != ADJUDICATED:
            return self.judged(by)[0]
        return self.once(f"rows adjudicated by {by}", lambda: patterns(study, chosen, by, adjudicated=True)[0])

    def totals(self, by: By = "relation") -> Totals:
        return totals(self.asked.study, self.asked.selection, by)

    def decided(self) -> Decided:
        return self.once("rows by p(yes)", lambda: _decided(self.asked, self.judged()[0]))

    def grown(self) -> list[Grown]:
        return self.once("rows by moment", lambda: grown(self.asked))

    def completed(self) -> Completed:
        return _completed(self.asked)

    def rated_twice(self) -> RatedTwice:
        return self.asked.once_in_a_while("both ratings", lambda: rated_twice(self.asked))

    def revised(self) -> Revised:
        return revised(self.asked)

    def repeated(self) -> Repeated:
        return repeated(self.asked)

    def answers(self) -> Answers:
        return self.asked.once_in_a_while("single answers", lambda: answers(self.asked))

    def looked(self) -> Looked:
        return self.asked.once_in_a_while("what was seen", lambda: looked(self.asked))

    def skipped(self, by: By = "relation") -> Skipped:
        skips = self.asked.selection.skips(self.asked.study).order_by()
        group = {"run": "item__run__name"}.get(by, f"item__{by}")
        counted = skips.values_list(group, "reason").annotate(n=Count("pk"))
        return Skipped({(name, reason): n for name, reason, n in counted}, skips.values("item").distinct().count())

    def people(self) -> People:
        """Who they are and how far, as of now."""
        found = self.asked.once_in_a_while("judgments by person", lambda: people(self.asked))
        return replace(found, known=known(self.asked.study))

    def audited(self) -> Audited:
        return _audited(self.asked)

    def item_audits(self) -> ItemAudits:
        return item_audits(self.asked)

    def labels(self, question: Question) -> Labels:
        return labels(self.asked, question)

    def ballots(self) -> Ballots:
        return ballots(self.asked)

    def single_votes(self) -> SingleVotes:
        return single_votes(self.asked)

    def pairs(self, a: Run, b: Run) -> Pairs:
        return self.once(f"pairs {a.pk} {b.pk}", lambda: pairs(self.asked.study, a, b))

    def dated(self) -> Dated:
        return self.once("rows with dates", lambda: dated_items(self.asked.study))

    def reported(self) -> Reported:
        return reported(self.asked.study)

    def pace(self) -> float:
        return pace({quarter: n for quarter, n in quarters(self.asked, PACE_DAYS - 1).items() if n})

    def of_run(self) -> NDArray[np.int64] | None:
        """Of all intentions of the runs, judged or not. Which of them are of a category, or of a part
        of the catalog, is not counted."""
        chosen = self.asked.selection
        if chosen.category or self.asked.study.catalog:
            return None
        return runs_p_yes(self.asked.study.runs.filter(**({"pk": chosen.run} if chosen.run else {})), chosen.relation)


def _decided(asked: Asked, judged: Patterns) -> Decided:
    study, lead = asked.study, _lead(asked.study.questions[0])
    cuts, p_yes = cuts_of(study), "coalesce(t.p_yes, t.filter_yes::int)"
    columns = items_alike(
        study,
        asked.selection,
        f"{complete_in(study)} AND {lead} <> 0 AND {p_yes} IS NOT NULL",
        keep=asked.so_far,
        p_yes=f"width_bucket({p_yes}, ARRAY{cuts}::float8[])",
        plausible=f"{lead} > 0",
        inclusion="t.inclusion_probability",
        # There are many rows: as bytes they are sorted several times faster than as words.
        stratum='t.stratum COLLATE "C"',
    )
    stratum = columns["stratum"].astype(str)
    return Decided(
        steps=steps_of(study),
        p_yes=np.array(cuts)[columns["p_yes"].astype(int) - 1],
        plausible=columns["plausible"].astype(bool),
        stratum=stratum,
        weights=response_factors(judged, stratum, of_complete=True) / columns["inclusion"].astype(float),
        items=columns["items"].astype(float),
    )


def _completed(asked: Asked) -> Completed:
    study, kept = asked.study, kept_at(asked.study)
    cuts = ", ".join(f"'{moment.isoformat()}'" for moment in moments(asked))
    columns = items_alike(
        study,
        asked.selection,
        f"{complete_in(study)} AND t.plausibility_tally > 0 AND {kept} IS NOT NULL",
        keep=asked.so_far,
        step=f"width_bucket(t.judged_at, ARRAY[{cuts}]::timestamptz[])",
        truth=f"(1 + sign({_lead(study.questions[0])})) / 2.0",
        kept=kept,
        inclusion="t.inclusion_probability",
        stratum='t.stratum COLLATE "C"',
    )
    return Completed(
        step=columns["step"].astype(np.int64),
        truth=columns["truth"].astype(float),
        kept=columns["kept"].astype(bool),
        stratum=columns["stratum"].astype(str),
        inclusion=columns["inclusion"].astype(float),
        items=columns["items"].astype(float),
    )


def _lead(question: Question) -> str:
    """SQL for the votes of the plausible less those of the others."""
    signs = (
        f"{'+' if value >= question.positive_from else '-'} "
        f"(t.plausibility_tally::bigint >> {BITS * place} & {unit(1) - 1})"
        for place, value in enumerate(question.ascending)
    )
    return f"({' '.join(signs)})"


def _audited(asked: Asked) -> Audited:
    """Counted on the participants, unless some judgments only are chosen."""
    chosen, people = asked.selection.counted, asked.study.participants.filter(n_judged__gt=0)
    if chosen == EVERYTHING:
        return Audited(asked.together.annotators, asked.together.audits, asked.together.right)
    if chosen == Selection(with_excluded=True):
        return Audited(
            **people.aggregate(
                annotators=Count("pk"), audits=Sum("n_audited", default=0), right=Sum("n_filter_right", default=0)
            )
        )
    by_person = asked.selection.judgments(asked.study).order_by().values_list("participant_id")
    counted = list(by_person.annotate(audits=Count("filter_right"), right=Count("pk", filter=Q(filter_right=True))))
    return Audited(len(counted), sum(audits for _, audits, _ in counted), sum(right for *_, right in counted))
