"""Judging beside the least that it can be: the same server, pool, statements and bytes, and nothing else (bare_views),
in turns in one run. Whether both leave the same rows is asserted.

  python -m benchmarks.judging.bare [--items 10000] [--rounds 3] [--seconds 5]
"""

import argparse
import asyncio
import json
import os
import re
import time
from pathlib import Path
from statistics import median

from benchmarks.bars import at_least, show
from benchmarks.judging.load import Load, crowd, end, sessions, wait_for_web, web_server
from benchmarks.own_services import own_services, percentile

BAR, PEOPLE = 0.8, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with own_services() as folder:
        from django.core.management import call_command  # noqa: PLC0415
        from django.core.signing import Signer  # noqa: PLC0415

        from annotation.judging.participants import participant_join  # noqa: PLC0415
        from benchmarks.fill import annotators, run_filled, study_filled  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        run, users = run_filled(options.items), annotators(PEOPLE)
        ours, bare = (study_filled(run, options.items, name=name) for name in ("whole", "bare"))
        pages = Path(folder) / "pages.json"
        pages.write_text(json.dumps(pages_recorded(run)))
        os.environ["MINDSITE_BARE"] = str(pages)
        keys = {
            "whole": (ours, "mindsite.settings", sessions(ours, users)),
            "bare": (
                bare,
                "benchmarks.judging.bare_settings",
                [Signer().sign(participant_join(bare, user).pk) for user in users],
            ),
        }
        loads: dict[str, list[tuple[float, Load]]] = {"whole": [], "bare": []}
        for _ in range(options.rounds):
            for kind, (study, settings, of_people) in keys.items():
                loads[kind].append(measured(study.pk, settings, of_people, options.seconds))
        assert rows(ours) == rows(bare), (rows(ours), rows(bare))
        told(loads)


def pages_recorded(run) -> dict[str, str]:
    """What the product sends, with words where numbers stand."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from benchmarks.fill import annotators, study_filled  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["testserver"]
    study, client = study_filled(run, 100, name="recorded"), Client(headers={"HX-Request": "true"})
    client.force_login(annotators(1, "recorder")[0], backend="django.contrib.auth.backends.ModelBackend")
    item = client.get(f"/judge/{study.pk}/?start=1").content.decode()
    fields = {name: re.search(rf'name="{name}" value="([^"]+)"', item)[1] for name in ("item", "submission")}  # type: ignore[index]
    reveal = client.post(
        f"/judge/{study.pk}/save", {**fields, "version": 1, "plausibility": 1, "typicality": 2}
    ).content.decode()
    judgment = re.search(r'name="judgment" value="(\d+)"', reveal)[1]  # type: ignore[index]
    return {
        "item": item.replace(fields["submission"], "SUBMISSION").replace(f'value="{fields["item"]}"', 'value="ITEM"'),
        "reveal": reveal.replace(f'value="{judgment}"', 'value="JUDGMENT"'),
    }


def measured(study_id: int, settings: str, keys: list[str], seconds: float) -> tuple[float, Load]:
    os.environ["DJANGO_SETTINGS_MODULE"] = settings  # of the server
    server = web_server()
    try:
        wait_for_web()
        asyncio.run(crowd(Load(), study_id, keys, 2))  # warm up
        load, start = Load(), time.perf_counter()
        asyncio.run(crowd(load, study_id, keys, seconds))
        return load.judged / (time.perf_counter() - start), load
    finally:
        end(server)


def rows(study) -> dict[str, bool]:
    """What has to be true of the rows, however many judgments there were."""
    from django.db.models import Sum  # noqa: PLC0415

    from annotation.judging.tallying import study_recompute  # noqa: PLC0415
    from annotation.models import Judgment, Lease  # noqa: PLC0415

    judgments, leases = Judgment.objects.filter(item__study=study), Lease.objects.filter(item__study=study).count()
    unaudited = judgments.filter(audit_asked=True, filter_right=None).count()
    held = study.items.aggregate(taken=Sum("taken"), n=Sum("n_judged"))
    return {
        "judged": judgments.exists(),
        "all are timed, versioned and asked for an audit": not judgments.exclude(
            version=1, role="annotator", had_seen="", audit_asked=True, kind="item", seconds__gt=0
        ).exists(),
        "each item taken is judged or held": held["taken"] == held["n"] + leases == judgments.count() + leases,
        "each person has an item or an audit before them": leases + unaudited == PEOPLE,
        "no count has to be mended": not any(study_recompute(study).values()),
    }


def told(loads: dict[str, list[tuple[float, Load]]]) -> None:
    for kind, found in loads.items():
        for of in ("ratings", "next"):
            times = [ms for _, load in found for ms in load.times[of]]
            p50, p95 = (1000 * percentile(times, share) for share in (0.5, 0.95))
            print(f"  {kind}: {of} p50 {p50:.0f}, p95 {p95:.0f} ms")
    rates = {kind: [rate for rate, _ in found] for kind, found in loads.items()}
    for kind, each in rates.items():
        print(f"  {kind}: {', '.join(f'{rate:.0f}' for rate in each)} judgments/s")
    of_bare = median(whole / least for whole, least in zip(rates["whole"], rates["bare"], strict=True))
    show(at_least("judgments/s with audit, of those of a bare view, median of the rounds", of_bare, BAR))


if __name__ == "__main__":
    main()
