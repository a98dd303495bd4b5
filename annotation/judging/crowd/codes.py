"""Codes of a study: set by its researcher, and checked against what a platform says was handed in."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from django.db.models import Count, Q

from annotation.design.protocol import StudyRefused
from annotation.judging.crowd.completion import ADDRESS, COMPLETE, KINDS, PARTIAL, SCREENED, code_made, plain
from annotation.judging.page import kind_at_rest
from annotation.judging.participants import participant_refresh
from annotation.models import Kind, Participant, Study

CODE_LENGTH = 200
# As the platforms name them: of letters and digits only, in small letters.
CODE_COLUMNS = ("completioncode", "answersurveycode", "surveycode", "enteredcode", "code")
WORKER_COLUMNS = ("participantid", "prolificpid", "workerid", "worker", "pid", "participant")
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Checked:
    """One row of the file. `judged` is what the person has given by now; None where nobody was found."""

    row: int
    worker: str
    code: str
    right: bool
    kind: str
    judged: int | None
    said: str


@dataclass(frozen=True, slots=True)
class _Known:
    participant: Participant
    kind: str
    n: int  # that a partial code says


def codes_set(*, study: Study, codes: dict[str, str]) -> None:
    """By kind; what is empty is generated. `{code}` and `{n}` in it stand for the generated code and the number."""
    said = {kind: codes.get(kind, "").strip() for kind in KINDS}
    said = {kind: text for kind, text in said.items() if text}
    for kind, text in said.items():
        if len(text) > CODE_LENGTH or not text.isprintable() or " " in text:
            raise StudyRefused(f"The {kind} code is 1 to {CODE_LENGTH} letters without blanks, or an address")
        if "://" in text and not text.startswith(ADDRESS):
            raise StudyRefused(f"The {kind} address begins with {ADDRESS}, not {text[:20]}")
    if len({text.casefold() for text in said.values()}) < len(said):
        raise StudyRefused("Each kind needs a code of its own, or nobody could tell them apart")
    for other in Study.objects.exclude(pk=study.pk).exclude(codes={}):
        if both := set(said.values()) & set(other.codes.values()):
            raise StudyRefused(f"The study {other} has the code {min(both)} already; a code tells which study it is of")
    study.codes = said
    study.save(update_fields=["codes"])


def codes_check(study: Study, lines: Iterable[str]) -> list[Checked]:
    """Each row of a platform's CSV, with what its code is worth."""
    return list(_Check(study).rows(lines))


class _Check:
    def __init__(self, study: Study) -> None:
        self.study = study
        given = Count("judgments", filter=~Q(judgments__kind=Kind.GOLD))
        people = list(study.participants.select_related("annotator", "link").annotate(given=given))
        for who in people:
            who.study = study
        self.given = {who.pk: who.given for who in people}
        self.by_worker = {who.annotator.crowd_id or who.annotator.username: who for who in people}
        self.by_code = {plain(code_made(each.participant, each.kind, each.n)): each for each in self._all(people)}
        self.seen: dict[int, int] = {}

    def _all(self, people: Sequence[Participant]) -> Iterator[_Known]:
        for who in people:
            yield _Known(who, COMPLETE, 0)
            yield _Known(who, SCREENED, 0)
            yield from (_Known(who, PARTIAL, n + 1) for n in range(self.given[who.pk]))

    def rows(self, lines: Iterable[str]) -> Iterator[Checked]:
        reader = csv.reader(lines)
        code_at, worker_at = _columns(next(reader, []))
        for number, cells in enumerate(reader, 2):
            if number > MOST_ROWS:
                raise StudyRefused(f"The file has more than {MOST_ROWS:,} rows; check it in parts")
            if any(cell.strip() for cell in cells):
                yield self._row(number, _cell(cells, worker_at), _cell(cells, code_at))

    def _row(self, number: int, worker: str, code: str) -> Checked:
        known = self.by_code.get(plain(code)) if code else None
        if known is None and (kind := self._kind_set(code)):
            return self._of_set_code(number, worker, code, kind)
        if known is None:
            return Checked(number, worker, code, False, "", self._judged(worker), self._unknown(worker, code))
        return self._of_person(number, worker, code, known)

    def _of_person(self, number: int, worker: str, code: str, known: _Known) -> Checked:
        who, judged = known.participant, self.given[known.participant.pk]
        theirs = who.annotator.crowd_id or who.annotator.username
        said = known.kind if known.kind != PARTIAL else f"{PARTIAL}, {known.n} judged"
        if worker and worker != theirs:
            return Checked(number, worker, code, False, known.kind, judged, "it is the code of another worker")
        if (before := self.seen.setdefault(who.pk, number)) != number:
            return Checked(number, worker, code, False, known.kind, judged, f"this person is in row {before} already")
        if who.state == Participant.State.EXCLUDED:
            said += "; this person was excluded"
        elif known.kind == PARTIAL and judged > known.n:
            said += f", {judged} by now"
        return Checked(number, worker, code, True, known.kind, judged, said)

    def _of_set_code(self, number: int, worker: str, code: str, kind: str) -> Checked:
        """The same for everybody: what it is worth, the person's work tells."""
        who = self.by_worker.get(worker)
        if who is None:
            said = "nobody of this id is in the study" if worker else "everybody has this code: add the workers' ids"
            return Checked(number, worker, code, False, kind, None, said)
        participant_refresh(who)
        due = kind_at_rest(who)
        judged = self.given[who.pk]
        if due != kind or (not judged and kind != SCREENED):
            return Checked(number, worker, code, False, kind, judged, f"it says {kind}, but {judged} are judged: {due}")
        return self._of_person(number, worker, code, _Known(who, kind, judged))

    def _kind_set(self, code: str) -> str:
        return next((kind for kind, said in self.study.codes.items() if code and code in _typed(said)), "")

    def _judged(self, worker: str) -> int | None:
        who = self.by_worker.get(worker)
        return self.given[who.pk] if who else None

    def _unknown(self, worker: str, code: str) -> str:
        if not code:
            return "no code was handed in"
        others = (
            Participant.objects.exclude(study=self.study)
            .filter(annotator__crowd_id=worker)
            .exclude(annotator__crowd_id="")
        )
        for who in others.select_related("study"):
            if plain(code) in {plain(code_made(who, kind)) for kind in (COMPLETE, SCREENED)}:
                return f"it is a code of the study {who.study}"
        for other in Study.objects.exclude(pk=self.study.pk).exclude(codes={}):
            if any(code in _typed(said) for said in other.codes.values()):
                return f"it is a code of the study {other}"
        return "nobody has this code"


def _typed(said: str) -> list[str]:
    """What a platform's file has of a set code: itself, or of an address its parameters."""
    return [value for _, value in parse_qsl(urlsplit(said).query)] if said.startswith(ADDRESS) else [said]


def _columns(header: Sequence[str]) -> tuple[int, int | None]:
    names = ["".join(filter(str.isalnum, name.lower())) for name in header]
    code = next((names.index(name) for name in CODE_COLUMNS if name in names), None)
    if code is None:
        raise StudyRefused(
            f"The file has no column of codes ({', '.join(header)[:100] or 'it is empty'}): name one Completion code, "
            "and the ids' Participant id"
        )
    return code, next((names.index(name) for name in WORKER_COLUMNS if name in names), None)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at].strip() if at is not None and at < len(cells) else ""
