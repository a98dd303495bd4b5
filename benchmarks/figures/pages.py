"""The dashboard of a study of 330,000 items and nearly 1,000,000 judgments, right after each new one.

What a process reads once comes first, each page and panel as its first view there; their bars are those of the views
after it. What workers make (how annotators work) is made here between the two.

python -m benchmarks.figures.pages [--items N] [--rounds N]
"""

import argparse
import gc
import time
import uuid
from datetime import timedelta

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

PAGE_MS, PANEL_MS, POLL_MS, FRESH_S, CHOICE_MS = 120, 200, 10, 1, 1000
CHOICES = {"excluded": "?with_excluded=1", "group": "?group={group}", "days": "?since={since}"}


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
    from django.urls import get_resolver  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from accounts.services import user_create  # noqa: PLC0415
    from annotation.figures.numbers import study_revision  # noqa: PLC0415
    from annotation.figures.panels.all import PANELS  # noqa: PLC0415
    from annotation.judging.participants import participant_join  # noqa: PLC0415

    researcher = user_create(username="rosa", password=uuid.uuid4().hex, role=User.Role.RESEARCHER)
    annotator = user_create(username="anna", password=uuid.uuid4().hex, role=User.Role.ANNOTATOR)
    client, judge = Client(HTTP_HOST="127.0.0.1"), participant_join(study, annotator)
    client.force_login(researcher)
    get_resolver().url_patterns  # noqa: B018
    gc.freeze()  # as the web server's processes do before their first request (mindsite.rsgi)
    page = f"/studies/{study.pk}/"
    panels = {f"panel {name}": f"{page}panels/{name}/" for name in PANELS}
    others = {"annotators' page": f"{page}annotators/", "time and category": f"{page}periods/"} | _choices(page)
    times: dict[str, list[float]] = {}

    def get(name: str, address: str, status: int = 200) -> bytes:
        begun = time.perf_counter()
        answer = client.get(address, headers={"HX-Request": "true"} if name.startswith(("panel", "poll")) else {})
        times.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
        assert answer.status_code == status, (address, answer.status_code)
        return answer.content

    every = {"page": page} | panels | others
    for name, address in every.items():
        get(name, address)
    firsts = {name: taken[0] for name, taken in times.items()}
    _work_done(study)
    times.clear()
    for _ in range(rounds):
        _judge(judge)
        get("page", page)
        get("poll, unchanged", f"{page}figures?revision={study_revision(_anew(study))}", 204)
        _judge(judge)
        begun = time.perf_counter()
        get("fresh fragment", f"{page}figures?revision=0")
        times.setdefault("fresh in all", []).append(1000 * (time.perf_counter() - begun))
        _judge(judge)
        for name, address in (panels | others).items():
            get(name, address)
    _show(times, firsts, list(panels))


def _anew(study):
    study.refresh_from_db()
    return study


def _choices(page: str) -> dict[str, str]:
    """Of half of the annotators, and of the last ten days."""
    from django.contrib.auth.models import Group  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    group = Group.objects.create(name="half")
    group.user_set.add(*User.objects.filter(username__startswith="bench-").order_by("pk")[:20])
    since = timezone.localdate() - timedelta(days=10)
    return {f"choice {name}": page + query.format(group=group.pk, since=since) for name, query in CHOICES.items()}


def _work_done(study) -> None:
    """What the first views asked a worker for."""
    from annotation.figures.tasks import slow_figure_make  # noqa: PLC0415

    for pk in study.slow_figures.filter(choice="").values_list("pk", flat=True):
        slow_figure_make(pk)


def _show(times: dict[str, list[float]], firsts: dict[str, float], panels: list[str]) -> None:
    bars = {"page": PAGE_MS, "poll, unchanged": POLL_MS, "fresh in all": 1000 * FRESH_S, "fresh fragment": PAGE_MS}
    bars |= dict.fromkeys(
        (name for name in times if name.startswith("choice") or name == "time and category"), CHOICE_MS
    )
    slow = {name: percentile(taken, 0.95) for name, taken in times.items()}
    for name, taken in times.items():
        first = f", first view {firsts[name]:.0f} ms" if name in firsts else ""
        more = f"p50 {percentile(taken, 0.5):.1f} ms{first}"
        show(at_most(f"{name}, p95", slow[name], bars.get(name, PANEL_MS), "ms"), more)
    slowest = max(panels, key=lambda name: slow[name])
    show(at_most("slowest panel, p95", slow[slowest], PANEL_MS, "ms"), slowest)


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
