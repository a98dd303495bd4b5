"""Judging under load: quota, throughput, kills.

  python -m benchmarks.judging.main quota        50 threads, 20 rounds, leases that run out in between
  python -m benchmarks.judging.main http         8 annotators without think time against the web server
  python -m benchmarks.judging.main kill         kill -9 of the web server under load

Traffic goes to 127.0.0.1 only and ends by itself.
"""

import argparse
import asyncio
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.bars import at_least, at_most, show
from benchmarks.judging.load import Load, crowd, end, sessions, wait_for_web, web_server
from benchmarks.own_services import own_services, percentile

if TYPE_CHECKING:
    from accounts.models import User
    from annotation.models import Study

BAR_JUDGMENTS, BAR_MS = 150, 50


def quota(options: argparse.Namespace) -> None:
    from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

    run, users = run_filled(2_000), annotators(50)
    found = Counter()
    for number in range(options.rounds):
        study = study_filled(run, 200, overlap=5, name=f"round {number}")
        threads = [threading.Thread(target=_judge_all, args=(study, user, found)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _count(study, found)
    print(
        f"quota: {options.rounds} rounds of 50 threads, 200 items x 5: {found['over']} over quota, {found['doubles']} "
        f"doubles, {found['missing']} missing; {found['run out']} leases run out, {found['refused']} late submits "
        "refused"
    )


def _judge_all(study: "Study", user: "User", found: Counter) -> None:
    """One annotator, to the end of the study. One item in ten is left lying: its lease runs out."""
    from django.db import connection  # noqa: PLC0415

    from annotation.judging.allocation import Finished, item_next  # noqa: PLC0415
    from annotation.judging.leases import release_expired  # noqa: PLC0415
    from annotation.judging.participants import participant_join  # noqa: PLC0415
    from annotation.judging.refusals import JudgingRefused  # noqa: PLC0415
    from annotation.judging.writing import audit_save, judgment_save  # noqa: PLC0415
    from annotation.models import Lease  # noqa: PLC0415

    participant = participant_join(study, user)
    rng = random.Random(participant.pk)
    while not isinstance(lease := item_next(participant=participant), Finished):
        if not isinstance(lease, Lease):
            time.sleep(0.02)
            continue
        if rng.random() < 0.1:
            Lease.objects.filter(pk=lease.pk).update(expires_at="2000-01-01T00:00Z")
            release_expired(study)
            found["run out"] += 1
        answers = {"plausibility": rng.randint(0, 1), "typicality": rng.randint(0, 3)}
        try:
            asked = {"participant": participant, "item_id": lease.item_id, "submission": uuid.uuid4()}
            saved = judgment_save(**asked, **answers)
        except JudgingRefused:
            found["refused"] += 1
            continue
        audit_save(participant=participant, judgment_id=saved.pk, filter_right=True)
    connection.close()


def _count(study: "Study", found: Counter) -> None:
    from annotation.models import Item, Judgment  # noqa: PLC0415

    items, judgments = Item.objects.filter(study=study), Judgment.objects.filter(item__study=study)
    found["over"] += sum(item.n_judged > 5 or item.taken > 5 for item in items)
    found["missing"] += sum(5 - Judgment.objects.filter(item=item).count() for item in items)
    found["doubles"] += judgments.count() - len(set(judgments.values_list("item", "participant")))


def http(options: argparse.Namespace) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    study = study_filled(run_filled(options.items), options.items, overlap=3)
    keys = sessions(study, annotators(8))
    server = web_server()
    try:
        wait_for_web()
        asyncio.run(crowd(Load(), study.pk, keys, 3))  # warm up
        load, start = Load(), time.perf_counter()
        asyncio.run(crowd(load, study.pk, keys, options.seconds))
        rate = load.judged / (time.perf_counter() - start)
    finally:
        end(server)
    what = f"judgments/s with audit, {options.items:,} items, 8 annotators"
    show(at_least(what, rate, BAR_JUDGMENTS), f"errors {dict(load.errors)}; load average {os.getloadavg()[0]:.1f}")
    for kind, times in load.times.items():
        p50, p95 = (1000 * percentile(times, share) for share in (0.5, 0.95))
        show(at_most(f"{kind}, p95", p95, BAR_MS, "ms"), f"p50 {p50:.0f} ms")


def kill(options: argparse.Namespace) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from annotation.models import Judgment  # noqa: PLC0415
    from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

    call_command("collectstatic", verbosity=0, interactive=False)
    study = study_filled(run_filled(20_000), 20_000, overlap=3)
    keys, load = sessions(study, annotators(8)), Load()
    server = web_server()
    stop = threading.Event()

    def killer() -> None:
        nonlocal server
        for _ in range(options.kills):
            time.sleep(random.uniform(0.6, 1.5))
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            server = web_server()
            wait_for_web()
        stop.set()

    wait_for_web()
    thread = threading.Thread(target=killer)
    thread.start()
    while not stop.is_set():
        asyncio.run(crowd(load, study.pk, keys, 2, patient=True))
    thread.join()
    end(server)
    stored = Counter(str(each) for each in Judgment.objects.values_list("submission", flat=True))
    missing = [each for each in load.acknowledged if each not in stored]
    pairs = Judgment.objects.count() - len(set(Judgment.objects.values_list("item", "participant")))
    lost = f"{len(load.acknowledged):,} acknowledged, {load.errors['connection']} connections lost on the way"
    show(at_most(f"judgments missing after {options.kills} kills", len(missing), 0), lost)
    show(at_most("judgments doubled", pairs, 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["quota", "http", "kill"])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    os.environ["DATABASE_POOL"] = "60"
    with own_services():
        globals()[options.part](options)


if __name__ == "__main__":
    main()
