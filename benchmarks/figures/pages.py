"""The dashboard of a study of 330,000 items and nearly 1,000,000 judgments, right after each new one.

python -m benchmarks.figures.pages [--items N] [--rounds N]
"""

import argparse
import time
import uuid

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

PAGE_MS, PANEL_MS, POLL_MS, FRESH_S = 250, 400, 10, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=330_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with own_services():
        from django.core.management import call_command  # noqa: PLC0415

        from annotation.judging.tallying import study_recompute  # noqa: PLC0415
        from benchmarks.fill import judgments_filled, run_filled, study_filled  # noqa: PLC0415

        call_command("collectstatic", interactive=False, verbosity=0)
        begun = time.perf_counter()
        study = study_filled(run_filled(options.items), options.items)
        study.items.filter(pk__in=study.items.order_by("-pk").values("pk")[: 10 * options.rounds]).update(overlap=4)
        judgments_filled(study)
        study_recompute(study)
        _vacuum()
        print(f"filled in {time.perf_counter() - begun:.0f} s")
        _measure(study, options.rounds)
        show(at_most("rows that recompute had to mend", sum(study_recompute(study).values()), 0))


def _vacuum() -> None:
    """As autovacuum would have done by now."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _measure(study, rounds: int) -> None:
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from accounts.services import user_create  # noqa: PLC0415
    from annotation.figures.numbers import study_revision  # noqa: PLC0415
    from annotation.figures.panels.all import PANELS  # noqa: PLC0415
    from annotation.judging.participants import participant_join  # noqa: PLC0415

    researcher = user_create(username="rosa", password=uuid.uuid4().hex, role=User.Role.RESEARCHER)
    annotator = user_create(username="anna", password=uuid.uuid4().hex, role=User.Role.ANNOTATOR)
    client, judge = Client(HTTP_HOST="127.0.0.1"), participant_join(study, annotator)
    client.force_login(researcher)
    page = f"/studies/{study.pk}/"
    times: dict[str, list[float]] = {}

    def get(name: str, address: str, status: int = 200) -> bytes:
        begun = time.perf_counter()
        answer = client.get(address, headers={"HX-Request": "true"} if name != "page" else {})
        times.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
        assert answer.status_code == status, (address, answer.status_code)
        return answer.content

    get("page", page)  # what a process reads once
    times.clear()
    for _ in range(rounds):
        _judge(judge)
        get("page", page)
        get("poll, unchanged", f"{page}figures?revision={study_revision(study)}", 204)
        _judge(judge)
        begun = time.perf_counter()
        get("fresh fragment", f"{page}figures?revision=0")
        times.setdefault("fresh in all", []).append(1000 * (time.perf_counter() - begun))
        for name in PANELS:
            _judge(judge) if name == "plausibility" else None
            get(f"panel {name}", f"{page}panels/{name}/")
    bars = {"page": PAGE_MS, "poll, unchanged": POLL_MS, "fresh in all": 1000 * FRESH_S, "fresh fragment": PAGE_MS}
    for name, taken in times.items():
        bar = bars.get(name, PANEL_MS)
        show(at_most(f"{name}, p95", percentile(taken, 0.95), bar, "ms"), f"p50 {percentile(taken, 0.5):.1f} ms")


def _judge(participant) -> None:
    from annotation.judging.allocation import item_next  # noqa: PLC0415
    from annotation.judging.writing import audit_save, judgment_save  # noqa: PLC0415

    lease = item_next(participant=participant)
    saved = judgment_save(
        participant=participant, item_id=lease.item_id, submission=uuid.uuid4(), plausibility=1, typicality=2
    )
    audit_save(participant=participant, judgment_id=saved.pk, filter_right=True)


if __name__ == "__main__":
    main()
