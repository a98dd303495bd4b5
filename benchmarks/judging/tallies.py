"""What the tallies on the items cost: 8 annotators judge at once, with and without them in the statement that writes a
judgment, in turns; then whether the tallies are exact.

  python -m benchmarks.judging.tallies
"""

import threading
import time
import uuid
from statistics import median

from benchmarks.bars import at_least, at_most, show
from benchmarks.own_services import own_services

ROUNDS, ANNOTATORS, ITEMS = 7, 8, 2_000
BAR = 0.90
TALLIES = (
    "judged_at = clock_timestamp(),",
    "plausibility_tally = i.plausibility_tally + %(plausibility_unit)s,",
    "typicality_tally = i.typicality_tally + %(typicality_unit)s",
)


def main() -> None:
    with own_services():
        from annotation.judging import writing as judging  # noqa: PLC0415
        from annotation.judging.tallying import study_recompute  # noqa: PLC0415
        from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

        run, users = run_filled(ITEMS), annotators(ANNOTATORS)
        whole = judging._WRITE
        speeds: dict[str, list[float]] = {"with": [], "without": []}
        differed = 0
        for number in range(2 * ROUNDS):
            kind = ("with", "without")[(number + number // 2) % 2]
            judging._WRITE = whole if kind == "with" else _without(whole)
            study = study_filled(run, ITEMS, overlap=ANNOTATORS, name=f"round {number}")
            speeds[kind].append(_speed(study, users))
            if kind == "with":
                differed += sum(study_recompute(study).values())
    ratio = median(speeds["with"]) / median(speeds["without"])
    print(f"judgments/s with tallies {median(speeds['with']):.0f}, without {median(speeds['without']):.0f}")
    show(at_least("judgments/s with tallies over those without", ratio, BAR))
    show(at_most("rows that recompute had to mend", differed, 0))


def _without(sql: str) -> str:
    for part in TALLIES:
        assert part in sql, part
        sql = sql.replace(part, "")
    return sql.replace("n_judged = i.n_judged + 1, \n", "n_judged = i.n_judged + 1\n")


def _speed(study, users) -> float:
    from django.db import connection  # noqa: PLC0415

    from annotation.judging.allocation import item_next  # noqa: PLC0415
    from annotation.judging.participants import participant_join  # noqa: PLC0415
    from annotation.judging.writing import audit_save, judgment_save  # noqa: PLC0415
    from annotation.models import Lease  # noqa: PLC0415

    people, each = [participant_join(study, user) for user in users], 250

    def work(participant) -> None:
        for _ in range(each):
            lease = item_next(participant=participant)
            if not isinstance(lease, Lease):
                break
            saved = judgment_save(
                participant=participant, item_id=lease.item_id, submission=uuid.uuid4(),
                plausibility=lease.item_id % 2, typicality=lease.item_id % 4,
            )  # fmt: skip
            audit_save(participant=participant, judgment_id=saved.pk, filter_right=True)
        connection.close()

    threads = [threading.Thread(target=work, args=(participant,)) for participant in people]
    connection.close()  # the pool is no larger than the annotators are many
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(people) * each / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
