"""The parts of the pipeline's measurement; each takes the world, measures and tells."""

import random
import time

from django.db import connection

from benchmarks.pipeline.world import PLACES, Server, World, account, ended, until
from distillation.models import CoBuy, Intention, Run, RunTick
from distillation.pipeline.engine import WRITE_EVERY_S
from distillation.runs.services import run_pause, run_resume
from distillation.tasks import run_wake

LIMIT = ("--max-concurrency", str(PLACES))


def _rate(world: World, *servers: Server, n_cobuys: int) -> tuple[float, Run]:
    """Good answers a second, from the first request until the run's last row is written."""
    run = ended(world.run(*servers, n_cobuys=n_cobuys))
    stats = [server.stats() for server in servers]
    seconds = run.finished_at.timestamp() - min(each["first"] for each in stats)
    return sum(each["answered_ok"] for each in stats) / seconds, run


def speed(world: World) -> None:
    with world.server(*LIMIT) as server, world.worker():
        plain = world.plain_client(server, 8_000)
        of_plain = server.stats()["mean_in_flight"]
        server.reset()
        rate, _ = _rate(world, server, n_cobuys=240)  # 240 x 40 calls and 241 features
        stats = server.stats()
    world.tell("calls/s over the plain client's", rate / plain, 0.85, more=f"{rate:,.0f} / {plain:,.0f}")
    world.tell("max_in_flight", stats["max_in_flight"], PLACES, at_most=True)
    # Where both cores are busy, what is in flight is the rate times the latency, for the plain client as well.
    world.tell("mean_in_flight", stats["mean_in_flight"], 52, more=f"{of_plain} of the plain client")


def prefix(world: World) -> None:
    with world.server(*LIMIT) as server, world.worker():
        _rate(world, server, n_cobuys=100)
        stats = server.stats()
    world.tell("prefix_hit_ratio", stats["prefix_hit_ratio"], 0.92)
    in_every_call = stats["images"] * sum(map(len, world.photos)) / len(world.photos)
    share = stats["image_bytes"] / in_every_call
    world.tell("picture bytes over data URLs in every call", share, 0.1, at_most=True)


def memory(world: World) -> None:
    with world.server(*LIMIT) as server, world.worker() as worker:
        run = world.run(server, n_cobuys=1_220)  # 1,220 x 41 calls
        until(lambda: server.stats()["answered_ok"] >= 2_000, 120)
        early = worker.megabytes()
        until(lambda: server.stats()["answered_ok"] >= 50_000, 600)
        late = worker.megabytes()
        ended(run)
    world.tell("memory at 50,000 calls over that at 2,000", late / early, 1.1, at_most=True, more=f"{late:.0f} MB")


def faults(world: World) -> None:
    """The server has no limit of its own here: a call that hangs would keep its place there for 30 s, whoever gives
    it up."""
    with world.server() as well, world.server("--fail-rate", "0.2") as ill, world.worker():
        fault_free, _ = _rate(world, well, n_cobuys=300)
        rate, run = _rate(world, ill, n_cobuys=300)
        kinds = ill.stats()["kinds"]
    units, verdicts, failed = account(run)
    world.tell("rate over fault-free", rate / fault_free, 0.5, more=f"{rate:,.0f} / {fault_free:,.0f}; {kinds}")
    missing, words = units - verdicts - failed, f"{units:,} = {verdicts:,} verdicts + {failed:,} failed"
    world.tell("units unaccounted for", missing, 0, at_most=True, more=words)
    halves = sum(len(text.split()) < 55 for text in Intention.objects.filter(run=run).values_list("text", flat=True))
    world.tell("half answers kept", halves, 0, at_most=True)


def kill(world: World) -> None:
    kills, draw = 5, random.Random(4)
    with world.server(*LIMIT) as server, world.worker() as worker:
        run = world.run(server, n_cobuys=400)
        for done in sorted(draw.uniform(0.05, 0.9) for _ in range(kills)):
            until(lambda done=done: server.stats()["answered_ok"] >= done * 400 * 41, 300)
            worker.kill_9()
            began, requests = time.monotonic(), server.stats()["requests"]
            worker.start()
            until(lambda requests=requests: server.stats()["requests"] > requests, 60)
            print(f"  {time.monotonic() - began:.1f} s from the kill to the next call")
        ended(run)
        redone = server.stats()["redone"]
    units, verdicts, failed = account(run)
    interval = PLACES / 0.05 * WRITE_EVERY_S  # what the server answers between two writes
    per_kill = f"{PLACES} in flight + {interval:.0f} answered in a write interval of {WRITE_EVERY_S} s"
    world.tell("calls repeated for each kill", redone / kills, PLACES + interval, at_most=True, more=per_kill)
    world.tell("units unaccounted for", units - verdicts - failed, 0, at_most=True)


def scale(world: World) -> None:
    slow = ("--latency-ms", "200", "--jitter-ms", "20")
    with world.server(*LIMIT, manners=slow) as one, world.server(*LIMIT, manners=slow) as two, world.worker():
        alone, _ = _rate(world, one, n_cobuys=150)
        one.reset()
        with world.worker("w2"):
            both, _ = _rate(world, one, two, n_cobuys=300)
        busy = [server.stats()["mean_in_flight"] for server in (one, two)]
        most = [server.stats()["max_in_flight"] for server in (one, two)]
    world.tell("2 workers, 2 servers over one of each", both / alone, 1.7, more=f"{both:,.0f} / {alone:,.0f} calls/s")
    world.tell("mean_in_flight of the idler server", min(busy), 45, more=str(busy))
    world.tell("max_in_flight over both workers", max(most), PLACES, at_most=True)


def planning(world: World) -> None:
    """25,000 co-buys x 20 relations x (intention + verdict) are 1,000,000 calls."""
    n_cobuys = 25_000
    with world.server(*LIMIT) as server, world.worker() as worker:
        world.cobuys(100)
        _more_cobuys(n_cobuys)
        began = time.time()
        run = world.run(server, n_cobuys=n_cobuys)
        until(lambda: server.stats()["requests"] > 0, 60)
        world.tell("seconds from the start to the first call", server.stats()["first"] - began, 2, at_most=True)
        run_pause(run=run)
        until(lambda: server.stats()["in_flight"] == 0, 10)
        time.sleep(1)
        _do(run, 0.95)
        before = worker.megabytes()
        server.reset()
        began = time.time()
        run_resume(run=run)
        run_wake(run)
        until(lambda: server.stats()["requests"] > 0, 60)
        world.tell("seconds to the first call, 95 % done", server.stats()["first"] - began, 2, at_most=True)
        until(lambda: server.stats()["answered_ok"] > 3_000, 60)
        world.tell("memory after over before", worker.megabytes() / before, 1.1, at_most=True)
        run_pause(run=run)


def _more_cobuys(n: int) -> None:
    """Pairs of products that have photos already, near each other so that features are soon known."""
    ids = list(CoBuy.objects.values_list("a_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO distillation_product (asin, title, category, picture_id, picture_problem)
            SELECT 'P' || lpad(n::text, 9, '0'), 'Product ' || n, '', p.picture_id, ''
            FROM generate_series(1, %s) n JOIN distillation_product p ON p.id = (%s::bigint[])[1 + n %% %s]
            """,
            [n // 10, ids, len(ids)],
        )
        cursor.execute(
            """
            INSERT INTO distillation_cobuy (a_id, b_id)
            SELECT a.id, a.id + d FROM distillation_product a CROSS JOIN generate_series(1, 10) d
            WHERE EXISTS (SELECT FROM distillation_product b WHERE b.id = a.id + d) AND a.asin LIKE 'P%%'
            ORDER BY a.id, d ON CONFLICT DO NOTHING
            """
        )


def _do(run: Run, share: float) -> None:
    """Rows as if the first `share` of the run had been done."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH done AS (
                SELECT cobuy_id FROM distillation_runcobuy WHERE run_id = %(run)s ORDER BY id
                LIMIT %(share)s * (SELECT count(*) FROM distillation_runcobuy WHERE run_id = %(run)s)
            ), told AS (
                INSERT INTO distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply)
                SELECT %(run)s, cobuy_id, relation, 0, repeat('They go well together. ', 20), ''
                FROM done, distillation_run r, jsonb_array_elements_text(r.config->'relations') relation
                WHERE r.id = %(run)s
                ON CONFLICT DO NOTHING RETURNING id
            ), judged AS (
                INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
                SELECT id, true, 0.9, 'They do.', '' FROM told RETURNING 1
            )
            UPDATE distillation_runcobuy SET n_owed = 0
            WHERE run_id = %(run)s AND cobuy_id IN (SELECT cobuy_id FROM done)
            """,
            {"run": run.pk, "share": share},
        )
        cursor.execute("VACUUM ANALYZE distillation_runcobuy")


def pause(world: World) -> None:
    with world.server(*LIMIT) as server, world.worker() as worker:
        run = world.run(server, n_cobuys=400)
        until(lambda: server.stats()["answered_ok"] > 2_000, 60)
        run_pause(run=run)
        asked = time.monotonic()
        last = _last_new_call(server, for_s=4)
        world.tell("seconds from the pause to the last new call", max(0.0, last - asked), 2, at_most=True)
        run_resume(run=run)
        run_wake(run)
        before = server.stats()["requests"]
        until(lambda: server.stats()["requests"] > before, 15)
        world.tell("seconds of a warm shutdown in the middle of it", worker.end(), 10, at_most=True)
        left = run.cobuys.filter(claim__isnull=False).count()
        world.tell("co-buys still claimed after it", left, 0, at_most=True, more=f"{RunTick.objects.count()} ticks")


def _last_new_call(server: Server, for_s: float) -> float:
    last, requests, end = time.monotonic(), server.stats()["requests"], time.monotonic() + for_s
    while time.monotonic() < end:
        now = server.stats()["requests"]
        if now > requests:
            last, requests = time.monotonic(), now
        time.sleep(0.02)
    return last
