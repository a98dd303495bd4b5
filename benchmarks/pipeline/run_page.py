"""The run's pages with 2,500,000 intentions, asked of the real web server one by one.

  python -m benchmarks.pipeline.run_page [--cobuys N] [--var DIR]

Works in a database of its own, which it makes and drops; --var keeps it in DIR and uses again what is there.
"""

import argparse
import json
import time
from pathlib import Path

from benchmarks.bars import at_most, show
from benchmarks.catalog.page import milliseconds, session, web_server
from benchmarks.own_services import own_services

BAR_MS = 100
REPEATS = 40

# 20 relations, 95 % done, one unit in fifty failed; a younger run on top; ticks of three days.
MAKE = """
INSERT INTO distillation_product (asin, title, category, picture_problem)
SELECT 'B' || lpad(n::text, 9, '0'), 'Product ' || md5(n::text), '', '' FROM generate_series(1, {n}) n;
INSERT INTO distillation_cobuy (a_id, b_id)
SELECT n, n + 1 + n % 7 FROM (SELECT id AS n FROM distillation_product ORDER BY id LIMIT {n} - 8) p;
INSERT INTO distillation_run (name, backend, model, config, base_urls, prices, strictness, state, message, created_at)
SELECT name, 'openai', 'fake', config || jsonb_build_object('relations', relations), '["http://127.0.0.1:1"]',
       '{"prompt": 0.2, "cached": 0.05, "completion": 0.6}', 0.5, 'running', '', now() - interval '3 days'
FROM (VALUES ('big', {all}), ('younger', '["usedFor", "isA"]'::jsonb)) r (name, relations), (SELECT
    '{"samples": 1, "with_images": false, "temperature": 0.2, "max_tokens": 512, "prompt_version": "mind-1",
       "prompt_digest": "0", "limit": null}'::jsonb AS config) c;
INSERT INTO distillation_runcobuy (run_id, cobuy_id, n_owed)
SELECT r.id, c.id, CASE WHEN c.id > 0.95 * {n} THEN jsonb_array_length(r.config->'relations') ELSE 0 END
FROM distillation_run r, distillation_cobuy c ORDER BY r.id, c.id;
INSERT INTO distillation_runproduct (run_id, product_id, from_cache)
SELECT r.id, p.id, p.id % 3 = 0 FROM distillation_run r, distillation_product p;
INSERT INTO distillation_feature (key, product_id, text, raw_reply)
SELECT md5(id::text), id, 'A thing.', 'A thing.' FROM distillation_product WHERE id < 0.95 * {n};
UPDATE distillation_runproduct SET feature_id = f.id FROM distillation_feature f
WHERE f.product_id = distillation_runproduct.product_id;
CREATE TEMP TABLE unit AS
SELECT r.id AS run_id, c.cobuy_id, relation, random() AS luck FROM distillation_run r
JOIN distillation_runcobuy c ON c.run_id = r.id AND c.n_owed = 0,
LATERAL jsonb_array_elements_text(r.config->'relations') relation ORDER BY r.id, c.cobuy_id;
INSERT INTO distillation_failure (run_id, step, cobuy_id, relation, sample, reason, detail, raw_reply)
SELECT run_id, 'intention', cobuy_id, relation, 0,
       (ARRAY['timeout', 'too_long', 'server_error', 'unparsable'])[1 + floor(luck * 200)::int], 'Some words.', ''
FROM unit WHERE luck < 0.02;
INSERT INTO distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply)
SELECT run_id, cobuy_id, relation, 0, words, 'They bought both because ' || words FROM (
    SELECT *, left(translate(repeat(md5(luck::text) || ' ' || md5(cobuy_id::text) || ' ', 8), '0123456789', 'ghijklm '),
                   500) AS words
    FROM unit WHERE luck >= 0.02) u ORDER BY run_id, cobuy_id;
INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
SELECT id, p > 0.5, p, left(text, 250), 'Yes. ' || left(text, 250)
FROM (SELECT id, text, random() ^ 1.2 AS p FROM distillation_intention) i ORDER BY id;
INSERT INTO distillation_runtick (run_id, at, calls, prompt_tokens, cached_tokens, completion_tokens, features,
                                  intentions, verdicts, yes, failures)
SELECT r.id, date_bin('10 s', now(), 'epoch') - n * interval '10 s', 200, 300000, 270000, 9000, 4, 97, 96, 42, 2
FROM distillation_run r, generate_series(1, 25920) n;
INSERT INTO distillation_worker (name, seen_at) VALUES ('bench', now() + interval '1 day');
ANALYZE
"""


PAGES = {
    "runs": "/runs/",
    "run": "/runs/big/",
    "run, younger": "/runs/younger/",
    "poll, all of it": "/runs/big/progress?revision=old&newest=1",
    "latest intentions": "/runs/big/latest",
    "strictness moved": "/runs/big/kept?strictness=0.7",
}


def make(cobuys: int) -> None:
    from django.db import connection  # noqa: PLC0415 - wants the settings first

    from distillation.pipeline.relations import RELATIONS  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM distillation_run)")
        if cursor.fetchone()[0]:
            return
        start = time.perf_counter()
        cursor.execute(MAKE.replace("{n}", str(cobuys)).replace("{all}", f"'{json.dumps(list(RELATIONS))}'::jsonb"))
        cursor.execute("SELECT count(*) FROM distillation_intention")
        print(f"{cursor.fetchone()[0]:,} intentions made in {time.perf_counter() - start:.0f} s")


def measure(cookie: str) -> None:
    with web_server() as web:
        for page, path in PAGES.items():
            milliseconds(web, path, cookie)  # once, so that caches and connections are as on any later day
            times = sorted(milliseconds(web, path, cookie) for _ in range(REPEATS))
            more = f"p50 {times[REPEATS // 2]:.1f}, most {times[-1]:.1f}"
            show(at_most(f"{page}, p95", times[int(0.95 * REPEATS)], BAR_MS, "ms"), more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cobuys", type=int, default=135_000)
    parser.add_argument("--var", type=Path)
    options = parser.parse_args()
    with own_services(options.var):
        from django.core.management import call_command  # noqa: PLC0415

        call_command("collectstatic", verbosity=0, interactive=False)
        make(options.cobuys)
        measure(session())


if __name__ == "__main__":
    main()
