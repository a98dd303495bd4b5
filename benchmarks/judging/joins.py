"""A rush: 10,000 workers come by one crowd link within a minute, to the WSGI application in this process.

Four threads send what browsers would, each worker once; a link of 500 places. `python -m
benchmarks.judging.joins 2000` sends fewer. Told: how many got in, how many were told
that it is full or to wait, whether places are exact, and whether anybody saw an error.
"""

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

from benchmarks.bars import at_most, show
from benchmarks.own_services import own_services, percentile

WORKERS, PLACES, THREADS, BAR_S = 10_000, 500, 4, 60


def main(workers: int = WORKERS) -> None:
    with own_services():
        from django.core.management import call_command  # noqa: PLC0415

        from accounts.links import link_make  # noqa: PLC0415
        from accounts.models import Link, User  # noqa: PLC0415
        from annotation.models import Participant  # noqa: PLC0415
        from benchmarks.fill import run_filled, study_filled  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        study = study_filled(run_filled(200), 200, overlap=3)
        boss = User.objects.create(username="boss", role=User.Role.RESEARCHER)
        more = {"valid": timedelta(days=1), "study": study, "places": PLACES}
        link, token = link_make(kind=Link.Kind.CROWD, by=boss, **more)
        start, spent = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(THREADS) as threads:
            answers = list(threads.map(lambda number: join(token, number), range(workers)))
        wall, cpu = time.perf_counter() - start, time.process_time() - spent
        link.refresh_from_db()
        held = Participant.objects.filter(link=link, place="held").count()
        made = User.objects.exclude(crowd_id="").count()
    statuses = Counter(status for status, _seconds in answers)
    slow = percentile([seconds for _status, seconds in answers], 0.99)
    more = f"{1000 * cpu / workers:.1f} ms of a processor each, p99 {1000 * slow:.0f} ms"
    show(at_most(f"{workers:,} workers join", wall, BAR_S, "s"), more)
    print(
        f"  {PLACES} places: {held} held, {link.n_used} counted, {made} accounts; "
        f"answers {dict(sorted(statuses.items()))}"
    )
    if (held, link.n_used, made) != (PLACES, PLACES, PLACES) or any(status >= 500 for status in statuses):
        raise SystemExit("places are not exact, or somebody saw an error")


def join(token: str, number: int) -> tuple[int, float]:
    """The status, and the seconds that it took."""
    from mindsite.wsgi import application  # noqa: PLC0415

    status = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/crowd/{token}/",
        "QUERY_STRING": urlencode({"PROLIFIC_PID": f"worker-{number}"}),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": f"203.0.{number // 250}.{number % 250}",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(FORM)),
        "HTTP_COOKIE": f"csrftoken={CSRF}",
        "wsgi.input": BytesIO(FORM),
        "wsgi.errors": BytesIO(),
        "wsgi.url_scheme": "http",
    }
    start = time.perf_counter()
    answer = application(environ, lambda said, headers: status.append(int(said.split()[0])))
    for _piece in answer:
        pass
    answer.close()  # type: ignore[attr-defined]  # as each WSGI server does
    return status[0], time.perf_counter() - start


CSRF = "a" * 32
FORM = urlencode({"csrfmiddlewaretoken": CSRF}).encode()

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
