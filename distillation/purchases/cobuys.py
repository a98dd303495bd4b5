"""Purchases into co-buys: two products that one buyer bought within so many days, and when that was first."""

import hashlib
from dataclasses import asdict

from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.products import sequence_follow
from distillation.models import CatalogImport, PurchaseImport
from distillation.purchases.account import PurchaseAccount

# Days are those of UTC, as reviews of most releases have no time of day.
TOO_MANY = """
CREATE TEMP TABLE buyer_of_many AS
SELECT buyer FROM distillation_purchase GROUP BY buyer HAVING count(*) > %s
"""
PAIRS = """
CREATE TEMP TABLE bought_pair AS
SELECT row_number() OVER (ORDER BY a_id, b_id) AS number, a_id, b_id, min(at) AS at, count(DISTINCT buyer) AS n_buyers
FROM (
    SELECT one.product_id AS a_id, other.product_id AS b_id, greatest(one.at, other.at) AS at, one.buyer
    FROM distillation_purchase one JOIN distillation_purchase other
      ON other.buyer = one.buyer AND other.product_id > one.product_id
     AND abs((other.at AT TIME ZONE 'UTC')::date - (one.at AT TIME ZONE 'UTC')::date) <= %s
    WHERE NOT EXISTS (SELECT FROM buyer_of_many many WHERE many.buyer = one.buyer)
) bought GROUP BY a_id, b_id
"""
INSERT = """
INSERT INTO distillation_cobuy (id, a_id, b_id, first_import_id, fields, bought_at, n_buyers)
SELECT (SELECT COALESCE(max(id), 0) FROM distillation_cobuy) + number, a_id, b_id, %s, 0, at, n_buyers
FROM bought_pair pair
WHERE NOT EXISTS (SELECT FROM distillation_cobuy known WHERE known.a_id = pair.a_id AND known.b_id = pair.b_id)
"""
UPDATE = """
UPDATE distillation_cobuy known SET bought_at = pair.at, n_buyers = pair.n_buyers FROM bought_pair pair
WHERE known.a_id = pair.a_id AND known.b_id = pair.b_id
  AND (known.bought_at, known.n_buyers) IS DISTINCT FROM (pair.at, pair.n_buyers::int)
"""


# Those that were there already, of another import.
INSERT_AGAIN = """
INSERT INTO distillation_cobuyagain (data_set_id, cobuy_id)
SELECT %(data_set)s, known.id FROM bought_pair JOIN distillation_cobuy known USING (a_id, b_id)
WHERE known.first_import_id IS DISTINCT FROM %(data_set)s ORDER BY known.id
ON CONFLICT DO NOTHING
"""


def purchases_pair(
    cursor: CursorWrapper, account: PurchaseAccount, row: PurchaseImport, window: int, most: int
) -> None:
    """Of all purchases that are stored, so that those of two files meet; all these co-buys are one data set."""
    cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; ANALYZE distillation_purchase")
    cursor.execute(TOO_MANY, [most])
    account.buyers_left_out = cursor.rowcount
    cursor.execute(PAIRS, [window])
    account.pairs = cursor.rowcount
    if account.pairs:
        cursor.execute("ANALYZE bought_pair; LOCK TABLE distillation_cobuy IN SHARE ROW EXCLUSIVE MODE")
        _write(cursor, account, _data_set(row, window, most))
    cursor.execute("DROP TABLE buyer_of_many, bought_pair")


def _write(cursor: CursorWrapper, account: PurchaseAccount, data_set: CatalogImport) -> None:
    cursor.execute(UPDATE)
    cursor.execute(INSERT, [data_set.pk])
    account.cobuys_new = cursor.rowcount
    account.cobuys_already_stored = account.pairs - account.cobuys_new
    cursor.execute(INSERT_AGAIN, {"data_set": data_set.pk})
    sequence_follow(cursor, "distillation_cobuy")
    account.data_set = data_set.pk
    counts = {name: getattr(account, name) for name in ("data_set", "cobuys_new", "cobuys_already_stored")}
    data_set.account = asdict(CatalogAccount(candidates=account.pairs, **counts))
    data_set.save()


def _data_set(row: PurchaseImport, window: int, most: int) -> CatalogImport:
    """One for each window: by its number runs and studies choose what was bought together."""
    options = {"window": window, "max_per_buyer": most}
    key = hashlib.sha256(f"purchases {options}".encode()).hexdigest()
    made, is_new = CatalogImport.objects.get_or_create(
        key=key, defaults={"format": "purchases", "sources": row.sources, "options": options}
    )
    if is_new:
        made.data_set_id = made.pk
    made.state, made.finished_at = CatalogImport.State.DONE, Now()
    made.save()
    made.refresh_from_db()
    return made
