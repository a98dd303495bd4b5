"""Search of the knowledge base, newest first, that stays quick at millions of intentions.

An inverted index knows which intentions have a word, not which of them is the newest. So ids come in blocks, and each
intention's search column says its block as a word of its own: the index then answers for one block at a time, from
the newest back, until the page is full. A search that is still not through when its time is up says how far it got.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection

from common.counting import first_sql, included_sql, of_people_sql, rated_sql
from common.kept import kept_of_run_sql
from common.keyset import LARGEST_ID, PAGE, Keyset, Page
from distillation.catalog.search import COUNTED
from distillation.models import Intention, Run

PAGE_SECONDS = 0.5  # to fill a page
COUNT_SECONDS = 0.03  # to go on counting when it is full
QUICK_SECONDS = 0.05  # blocks that took no longer had little in them: twice as many come next
MOST_BLOCKS = 16  # at a time: how late a search may notice that its time is up
FIRST_BLOCKS = 3  # where these have no page of the words, all matches are asked for,
FEW = 2_000  # if they are no more
BLOCK = Intention.BLOCK

# What people said, by the majority of the judgments that count; a program's judgments are no people's.
VOTES = f"""
    SELECT t.intention_id, count(*) AS n,
           count(*) FILTER (WHERE j.plausibility >= (s.scales #>> '{{0,positive_from}}')::int) AS plausible
    FROM annotation_item t
    JOIN annotation_study s ON s.id = t.study_id AND {of_people_sql()}
    JOIN annotation_judgment j ON j.item_id = t.id AND {first_sql()} AND {rated_sql()}
    JOIN annotation_participant p ON p.id = j.participant_id AND {included_sql()}
"""  # noqa: S608 - rules of our own
LABELS = {"judged": "true", "plausible": "2 * plausible > n", "implausible": "2 * plausible < n"}

# Scalar subqueries, looked up row by row: as joins they tempt the planner to read whole tables for one block.
KEPT = f"""(SELECT {kept_of_run_sql("v.p_yes", "r.strictness", "v.yes", "r.config")} FROM distillation_run r
           LEFT JOIN distillation_verdict v ON v.intention_id = i.id WHERE r.id = i.run_id)"""  # noqa: S608
P_RANGE = "v.p_yes BETWEEN %(p_from)s AND %(p_to)s"
IN_P_RANGE = f"(SELECT {P_RANGE} FROM distillation_verdict v WHERE v.intention_id = i.id)"  # noqa: S608
VERDICTS = {
    "kept": KEPT,
    "rejected": f"NOT {KEPT}",
    "none": "NOT (SELECT EXISTS (SELECT FROM distillation_verdict v WHERE v.intention_id = i.id))",
}
IN_BLOCK = "{} BETWEEN block * %(size)s AND block * %(size)s + %(size)s - 1"


class Votes(NamedTuple):
    plausible: int
    n: int


class Walked(NamedTuple):
    keys: list[int]
    stopped_at: int | None  # the id down to which all were looked at; None: to the end


@dataclass(frozen=True)
class Found:
    page: Page
    count: int | None = None  # on the first page only
    sense: str = ""  # how the count is meant: "more than", "at least"
    stopped_at: int | None = None
    too_common: bool = False  # nothing is left of the words


@dataclass(frozen=True)
class KnowledgeSearch:
    words: str = ""
    relation: str = ""
    category: str = ""
    run: Run | None = None
    verdict: str = ""
    p_from: float | None = None
    p_to: float | None = None
    label: str = ""

    @property
    def is_whole(self) -> bool:
        return self == KnowledgeSearch()

    @property
    def has_p_range(self) -> bool:
        return (self.p_from, self.p_to) != (None, None)

    def find(self, keyset: Keyset, *, seconds: float = PAGE_SECONDS) -> Found:
        words = self._words()
        if words is None:
            return Found(Page([]), 0, too_common=True)
        walks: list[Walked] = []

        def fetch(at: Keyset) -> list[int]:
            walks.append(self._walk(words, at, PAGE + 1 if at != Keyset() else COUNTED + 1, seconds))
            return walks[-1].keys[: PAGE + 1]

        page = Page.at(keyset, fetch)
        keys, stopped_at = walks[-1]
        if stopped_at and page.next is None:
            page = replace(page, next=stopped_at)
        if keyset.after or page.previous:
            return Found(page, stopped_at=stopped_at if len(keys) <= PAGE else None)
        sense = "more than" if len(keys) > COUNTED else "at least" if stopped_at else ""
        return Found(page, min(len(keys), COUNTED), sense, stopped_at if len(keys) <= PAGE else None)

    def _words(self) -> str | None:
        """As the index knows them; None where all are too common to be searched."""
        if not self.words.strip():
            return ""
        return _fetch("SELECT websearch_to_tsquery('english', %(words)s)::text", {"words": self.words})[0] or None

    def _terms(self, words: str) -> str:
        """What the index is asked for, without the block."""
        filters = {"relation": self.relation, "run": self.run and self.run.pk, "category": self.category}
        terms = [_quoted(f"{name}={value}") for name, value in filters.items() if value]
        return " & ".join([*terms, f"({words})"] if words else terms)

    def _walk(self, words: str, keyset: Keyset, wanted: int, seconds: float) -> Walked:
        """Some blocks at a time, until there are enough ids or the time is up."""
        up = keyset.before is not None
        low, high = self._id_range(keyset)
        statement, values = self._statement(self._terms(words), low, high, "" if up else "DESC")
        blocks, at, n_blocks = _blocks(low, high, up=up), 0, FIRST_BLOCKS
        keys: list[int] = []
        start = time.monotonic()
        while at < len(blocks):
            began = time.monotonic()
            keys += _fetch(statement, {**values, **_series(blocks[at : at + n_blocks]), "wanted": wanted - len(keys)})
            at, ended = at + n_blocks, time.monotonic()
            if len(keys) >= wanted or at >= len(blocks):
                break
            if ended - start > (COUNT_SECONDS if len(keys) > PAGE else seconds):
                return Walked(keys, None if up else (blocks[at] + 1) * BLOCK)
            if at == FIRST_BLOCKS and (few := self._few_if_rare(words, blocks, values)) is not None:
                return Walked(sorted((key for key in few if low <= key <= high), reverse=not up)[:wanted], None)
            n_blocks = min(2 * n_blocks, MOST_BLOCKS) if ended - began < QUICK_SECONDS else 1
        return Walked(keys, None)

    def _id_range(self, keyset: Keyset) -> tuple[int, int]:
        """First and last id that the page asked for may have."""
        low, high = _ends("annotation_item", "intention_id") if self.label in LABELS else _ends()
        return max(low, (keyset.before or 0) + 1), min(high, (keyset.after or high + 1) - 1)

    def _few_if_rare(self, words: str, blocks: range, values: dict) -> list[int] | None:
        return self._few(values) if self._is_rare(words, blocks) else None

    def _is_rare(self, words: str, blocks: range) -> bool:
        """Whether the words alone, without filters, would not have filled a page from the first blocks.

        Never for phrases and exclusions: the index can't tell how many there are.
        """
        if not words or "<" in words or "!" in words or self.label in LABELS:
            return False
        statement, values = KnowledgeSearch()._statement(words, 0, LARGEST_ID, "")
        return len(_fetch(statement, {**values, **_series(blocks[:FIRST_BLOCKS]), "wanted": PAGE + 1})) <= PAGE

    def _few(self, values: dict) -> list[int] | None:
        """All that fit, if the index has no more than FEW.

        The words come from a subquery, so that the planner has no mind of its own on how common they are.
        """
        where = " AND ".join(self._filters()) or "true"
        matching = "SELECT i.id, i.run_id FROM distillation_intention i WHERE i.search @@ (SELECT %(terms)s::tsquery)"
        statement = (
            f"WITH i AS MATERIALIZED ({matching} LIMIT %(few)s + 1) "  # noqa: S608
            f"SELECT id FROM i WHERE (SELECT count(*) FROM i) > %(few)s OR ({where})"
        )
        found = _fetch(statement, {**values, "few": FEW})
        return found if len(found) <= FEW else None

    def _statement(self, terms: str, low: int, high: int, order: str) -> tuple[str, dict]:
        """The blocks' ids in order: a loop over generate_series keeps its order, so that LIMIT ends it early.

        OFFSET 0 is a fence: inside, the cut would pass for a range to be walked, instead of asking the index.
        """
        source, conditions = self._source(terms)
        where = " AND ".join([*conditions, *self._filters()])
        of_block = f"SELECT i.id FROM {source} WHERE {where} ORDER BY i.id {order} OFFSET 0"  # noqa: S608
        statement = (
            "SELECT found.id FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) block "  # noqa: S608
            f"CROSS JOIN LATERAL ({of_block}) found WHERE found.id BETWEEN %(low)s AND %(high)s LIMIT %(wanted)s"
        )
        p_from, p_to = 0.0 if self.p_from is None else self.p_from, 1.0 if self.p_to is None else self.p_to
        return statement, {"low": low, "high": high, "size": BLOCK, "terms": terms, "p_from": p_from, "p_to": p_to}

    def _source(self, terms: str) -> tuple[str, list[str]]:
        """What gives a block's intentions at the least cost, and the conditions that it takes."""
        if self.label in LABELS:
            votes = f"{VOTES} WHERE {IN_BLOCK.format('t.intention_id')} GROUP BY t.intention_id"
            # IS TRUE keeps the index out: of the few that were judged each is looked at.
            words = ["(i.search @@ %(terms)s::tsquery) IS TRUE"] if terms else []
            source = f"({votes}) votes JOIN distillation_intention i ON i.id = votes.intention_id"
            return source, [LABELS[self.label], *words]
        if terms:
            of_block = "(%(terms)s || ' & ' || quote_literal('block=' || block))::tsquery"
            return "distillation_intention i", [f"i.search @@ {of_block}"]
        if self.has_p_range:
            source = "distillation_verdict v JOIN distillation_intention i ON i.id = v.intention_id"
            return source, [IN_BLOCK.format("v.intention_id"), P_RANGE]
        return "distillation_intention i", [IN_BLOCK.format("i.id")]

    def _filters(self) -> list[str]:
        filters = [VERDICTS[self.verdict]] if self.verdict else []
        if self.has_p_range:
            filters.append(IN_P_RANGE)
        if self.label == "none":
            filters.append(f"NOT (SELECT EXISTS ({VOTES} WHERE t.intention_id = i.id GROUP BY t.intention_id))")
        return filters


def votes_on(keys: Sequence[int]) -> dict[int, Votes]:
    with connection.cursor() as cursor:
        cursor.execute(f"{VOTES} WHERE t.intention_id = ANY(%s) GROUP BY t.intention_id", [list(keys)])
        return {key: Votes(plausible, n) for key, n, plausible in cursor}


def _quoted(term: str) -> str:
    """As tsquery reads it; a backslash and an apostrophe would end the word or change it."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _blocks(low: int, high: int, *, up: bool) -> range:
    """The blocks of the ids low … high, in the order in which they are looked at."""
    first, last = low // BLOCK, high // BLOCK
    return range(first, last + 1) if up else range(last, first - 1, -1)


def _series(blocks: range) -> dict[str, int]:
    """The arguments of generate_series in the statement."""
    return {"first": blocks[0], "last": blocks[-1], "step": blocks.step}


def _ends(table: str = "distillation_intention", key: str = "id") -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(min({key}), 1), coalesce(max({key}), 0) FROM {table}")  # noqa: S608
        return cursor.fetchone()


def _fetch(statement: str, values: dict) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [key for (key,) in cursor]
