"""Experiments in shops: false alarms of the band over 60 looks; millions of exposures by the API and by COPY; the page.

python -m benchmarks.online.main [looks|rows|api|copy|page] [--exposures N] [--by-api N] [--replications N]

The rows in three steps, on a machine that is shared: api, copy and page, each with the same --kept FOLDER.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.bars import Row, at_least, at_most, show, within
from benchmarks.catalog.page import milliseconds, session, web_server
from benchmarks.own_services import own_services, percentile
from stats.differences.lift import lift, slope
from stats.looking import multiplier

LOOKS, A_DAY, RATE = 60, 500, 0.1  # units a look and arm
BATCH, PER_SECOND, PAGE_MS = 1_000, 3_000, 500
NAME = "bench"
STEPS = ("api", "copy", "page")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["looks", "rows", *STEPS])
    parser.add_argument("--exposures", type=int, default=10_000_000)
    parser.add_argument("--by-api", type=int, default=1_000_000)
    parser.add_argument("--replications", type=int, default=2_000)
    parser.add_argument("--kept", type=Path, help="where the rows stay for the next step")
    asked, missed = parser.parse_args(), 0
    if asked.part in STEPS and not asked.kept:
        parser.error(f"{asked.part} is a step of several: give --kept FOLDER")
    found: Iterator[Row] = looks(asked.replications) if asked.part in (None, "looks") else iter(())
    if asked.part != "looks":
        steps = [asked.part] if asked.part in STEPS else STEPS
        found = chain(found, rows(steps, asked.exposures, asked.by_api, asked.kept))
    for row in found:
        show(row)
        missed += not row.met
    print(f"{missed} bars missed" if missed else "all bars met")
    return bool(missed)


def looks(replications: int) -> Iterator[Row]:
    """No effect; half of the units often buy, and what they did before tells them."""
    rng, planned = np.random.default_rng(1), 2 * LOOKS * A_DAY
    alarms, fixed_alarms = {"plain": 0, "CUPED": 0}, 0
    for _ in range(replications):
        so_far = np.cumsum(_days(rng), axis=0)
        for name in alarms:
            found = [lift(each, 1, theta=slope(each) if name == "CUPED" else 0.0) for each in so_far]
            alarms[name] += any(
                not _holds_zero(each.interval(float(multiplier(each.n, planned)))) for each in found if each
            )
            if name == "plain":
                fixed_alarms += any(not _holds_zero(each.interval()) for each in found if each)
    for name, n in alarms.items():
        yield within(f"false alarms of the band in {LOOKS} looks, {name}", n / replications, 0, 0.05)
    print(f"       {100 * fixed_alarms / replications:.1f} % of the interval for one look, at {LOOKS} of them")
    yield at_most("width at the planned n, times the fixed", float(multiplier(planned, planned)) / 1.959964, 1.8)


def _days(rng: np.random.Generator) -> np.ndarray:
    """(looks, 2 arms, 6) sums."""
    often = rng.integers(0, 2, (LOOKS, 2, A_DAY))
    y, x = (rng.random(often.shape) < RATE * (0.2 + 1.6 * often) for _ in range(2))
    both = [np.full((LOOKS, 2), A_DAY), y.sum(-1), y.sum(-1), x.sum(-1), x.sum(-1), (x & y).sum(-1)]
    return np.stack(both, axis=-1).astype(float)


def _holds_zero(ends: tuple[float, float]) -> bool:
    return ends[0] <= 0 <= ends[1]


def rows(steps: Sequence[str], exposures: int, by_api: int, kept: Path | None) -> Iterator[Row]:
    with own_services(kept):
        from django.core.management import call_command  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        if "api" in steps:
            yield _by_api(by_api)
        if "copy" in steps:
            _by_copy(exposures, by_api)
        if "page" in steps:
            yield _page()


def _by_api(n: int) -> Row:
    from research.online.services import ArmPlan, online_create  # noqa: PLC0415

    online_create(name=NAME, arms=[ArmPlan(name="titles"), ArmPlan(name="kept")])
    session()
    token = _token()
    with web_server() as web:
        _await(web)
        took = _send(web, token, n)
    return at_least(f"rows a second by the API, one client, {n:,} rows", n / took, PER_SECOND)


def _by_copy(exposures: int, by_api: int) -> None:
    from research.models import OnlineExperiment  # noqa: PLC0415

    online, began = OnlineExperiment.objects.get(name=NAME), time.perf_counter()
    _copy("research_exposure (online_id, key, unit, arm, as_assigned, at)", _exposed(online.pk, exposures - by_api))
    _copy("research_outcome (online_id, key, unit, value, at)", _bought(online.pk, exposures // 10))
    print(f"       {time.perf_counter() - began:.0f} s for the rest by COPY", flush=True)


def _page() -> Row:
    from research.models import OnlineExperiment  # noqa: PLC0415
    from research.online.counting import online_count  # noqa: PLC0415

    online, cookie = OnlineExperiment.objects.get(name=NAME), session()
    online_count(online=online)
    told = f"{online.counted['exposures']:,} exposures, {online.counted['outcomes']:,} outcomes"
    print(f"       {online.counted_s:.0f} s to count {told}; this process peaked at {_peak_mb():.0f} MB", flush=True)
    with web_server() as web:
        _await(web)
        times = [milliseconds(web, f"/research/online/{NAME}/", cookie) for _ in range(41)][1:]
    return at_most(f"the page, p95, over {told}", percentile(times, 0.95), PAGE_MS, "ms")


def _await(web: Any) -> None:
    """A busy machine takes long to start a server."""
    for _ in range(120):
        try:
            return web.connect()
        except ConnectionRefusedError:
            time.sleep(1)
    raise SystemExit("The web server did not start in two minutes")


def _token() -> str:
    from accounts.models import User  # noqa: PLC0415
    from api.models import Scope  # noqa: PLC0415
    from api.tokens.services import token_create  # noqa: PLC0415

    owner = User.objects.get(username="bench")
    return token_create(owner=owner, name="shop", scopes=[Scope.STUDIES_WRITE], valid=timedelta(days=1))[1]


def _send(web: Any, token: str, n: int) -> float:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    began = time.perf_counter()
    for k in range(0, n, BATCH):
        at = _day(k).isoformat()
        batch = [{"key": f"e{i}", "unit": f"visitor-{i}", "at": at} for i in range(k, min(k + BATCH, n))]
        place = f"/api/v1/online-experiments/{NAME}/exposures"
        web.request("POST", place, json.dumps({"exposures": batch}), headers)
        answer = web.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{place} answered {answer.status}: {body[:300]!r}")
    return time.perf_counter() - began


def _day(k: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k // 1_000 % 60)


def _uuid(number: int) -> UUID:
    """Spread as hashes are."""
    return UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)


def _exposed(online: int, n: int) -> Iterator[str]:
    """Two exposures a unit."""
    for k in range(n):
        unit = k // 2
        yield f"{online}\t{_uuid(k + 1)}\t{_uuid(unit + 2**40)}\t{unit % 2}\tt\t{_day(k)}\n"


def _bought(online: int, n: int) -> Iterator[str]:
    for k in range(n):
        at = _day(6 * k) + timedelta(hours=k % 300)  # some after the window
        yield f"{online}\t{_uuid(k + 1)}\t{_uuid(k * 3 + 2**40)}\t{20 + k % 50}\t{at}\n"


def _copy(table: str, lines: Iterator[str]) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for line in lines:
            copy.write(line)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
