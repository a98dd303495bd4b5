"""The next item in a small study and in a large one, and for somebody who has done 90 % of the large one alone, in the
worst cases that we know; with the rows that the search read by EXPLAIN.

  python -m benchmarks.judging.flat [--large 1000000]
"""

import argparse
import re
import time

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

BAR, BAR_FIRST, GIVEN_BACK = 1.3, 5 / 3, 100  # 5 ms, where the next item takes 3
_DONE = """
    INSERT INTO annotation_judgment (item_id, participant_id, kind, submission, plausibility, typicality,
        a_on_left, seconds, active_seconds, comment, version, audit_asked, audit_reason)
    SELECT id, %(who)s, 'item', gen_random_uuid(), 1, 2, true, 5, 5, '', 1, false, ''
    FROM annotation_item WHERE study_id = %(study)s AND order_key <= %(last)s;
    UPDATE annotation_item SET taken = 1, n_judged = 1 WHERE study_id = %(study)s AND order_key <= %(last)s;
    ANALYZE annotation_item; ANALYZE annotation_judgment
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=int, default=1_000_000)
    options = parser.parse_args()
    with own_services():
        measured(options.large)


def measured(n: int) -> None:
    from annotation.judging.participants import participant_join  # noqa: PLC0415
    from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

    (user, lone, late), run = annotators(3), run_filled(n)
    small = percentile(times(participant_join(study_filled(run, 1_000, name="small"), user), 200), 0.5)
    big = study_filled(run, n, name="large")
    other = participant_join(big, user)
    large = percentile(times(other, 200), 0.5)
    show(at_most(f"next item at {n:,} items over that at 1,000", large / small, BAR), f"{small:.2f}, {large:.2f} ms")
    alone = participant_join(big, lone)
    done_alone(alone, int(0.9 * n))
    what = f"{n:,} items, 90 % done alone"
    told(f"{what}: first item", alone, other)
    others_give_back(participant_join(big, late))
    told(f"{what}: the same with {GIVEN_BACK} given back that they have done", alone, other)
    common = percentile(times(other, 50), 0.5)
    rest_done(alone, int(0.9 * n))
    shown(f"{what}: finished, all the rest done by others", times(alone, 50), common, alone)


def times(participant, n: int) -> list[float]:
    """Milliseconds of each search, whose item goes back at once."""
    from annotation.judging.allocation import item_next  # noqa: PLC0415
    from annotation.judging.leases import lease_release  # noqa: PLC0415

    found = []
    for _ in range(n):
        start = time.perf_counter()
        item_next(participant=participant)
        found.append(1000 * (time.perf_counter() - start))
        lease_release(participant=participant)
    return found


def told(what: str, participant, other) -> None:
    """Both on the same tables, right after each other."""
    found = times(participant, 50)
    shown(what, found, percentile(times(other, 50), 0.5), participant)


def shown(what: str, found: list[float], common: float, participant) -> None:
    half = percentile(found, 0.5)
    more = f"{half:.2f} and {common:.2f} ms, p95 {percentile(found, 0.95):.2f}, rows read {rows_read(participant):,}"
    show(at_most(f"{what}, over the next item of others", half / common, BAR_FIRST), more)


def rows_read(participant) -> int:
    """By the search for the first item, taken or not: of all index and table scans in its plan."""
    from django.db import connection  # noqa: PLC0415

    from annotation.judging.finding import free  # noqa: PLC0415
    from annotation.judging.participants import participant_refresh  # noqa: PLC0415

    participant_refresh(participant)
    order = free._order_of(participant)
    sql = f"WITH {free._found(free._theirs(participant), order, free.FEW)} SELECT * FROM found"
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + sql, free._values(participant))
        lines = [line for (line,) in cursor.fetchall() if "Scan" in line and "never executed" not in line]
    found = re.findall(r"actual rows=(\S+) loops=(\d+)", str(lines))
    return sum(int(float(rows) * int(loops)) for rows, loops in found)


def done_alone(participant, last: int) -> None:
    from django.db import connection  # noqa: PLC0415

    from annotation.models import Participant  # noqa: PLC0415

    with connection.cursor() as cursor:
        values = {"who": participant.pk, "study": participant.study_id, "last": last}
        for statement in _DONE.split(";"):
            cursor.execute(statement, values if "%" in statement else None)
    # As after an import of judgments; who judges moves the cursor at each item.
    Participant.objects.filter(pk=participant.pk).search_anew()
    participant.refresh_from_db()


def others_give_back(other) -> None:
    """Items of the first blocks, taken and given back."""
    from annotation.models import Item  # noqa: PLC0415

    first = other.study.items.order_by("order_key").values("pk")[:GIVEN_BACK]
    Item.objects.filter(pk__in=first).update(came_back=True)


def rest_done(participant, last: int) -> None:
    from django.db.models import F  # noqa: PLC0415

    participant.study.items.filter(order_key__gt=last).update(taken=F("overlap"), n_judged=F("overlap"))


if __name__ == "__main__":
    main()
