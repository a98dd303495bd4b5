"""What each product of a run is shown with: pictures are treated by the workers, once for all runs."""

import time
from collections import defaultdict

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q

from distillation.catalog.pictures.store import picture_encode
from distillation.models import CoBuy, Failure, Picture, Run, RunProduct, TreatedPicture
from distillation.treatments import SWAPPED, TREATED, Treated, Untreatable, treat
from distillation.treatments.swaps import swaps

NO_PICTURE, NO_OTHER = "no picture of the product", "no other product's picture is there to show"
NO_FILE = "the picture's file is missing from the store"
# Failures that are none of a call's: what a treatment lost.
UNTREATED, UNCHANGED = "untreated", "unchanged"
LEFT_OUT = (UNTREATED, UNCHANGED)

WANT = """
    INSERT INTO distillation_treatedpicture (source_id, treatment, problem, effects)
    SELECT DISTINCT p.picture_id, %(treatment)s, '', '{}'::jsonb
    FROM distillation_runproduct r JOIN distillation_product p ON p.id = r.product_id
    WHERE r.run_id = %(run)s AND r.shown_id IS NULL AND r.shown_problem = '' AND p.picture_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
SHOW = """
    UPDATE distillation_runproduct r
    SET shown_id = t.picture_id, shown_problem = CASE WHEN p.picture_id IS NULL THEN %(none)s ELSE t.problem END
    FROM distillation_product p LEFT JOIN distillation_treatedpicture t
      ON t.source_id = p.picture_id AND t.treatment = %(treatment)s
    WHERE r.run_id = %(run)s AND r.product_id = p.id AND r.shown_id IS NULL AND r.shown_problem = ''
      AND (p.picture_id IS NULL OR t.picture_id IS NOT NULL OR t.problem <> '')
"""
LEAVE_OUT = """
    INSERT INTO distillation_failure (run_id, step, cobuy_id, relation, sample, reason, detail, raw_reply)
    SELECT c.run_id, 'intention', c.cobuy_id, u.relation, s.sample,
           CASE WHEN why.problem LIKE 'unchanged%%' THEN 'unchanged' ELSE 'untreated' END, why.problem, ''
    FROM distillation_runcobuy c JOIN distillation_cobuy b ON b.id = c.cobuy_id
    JOIN LATERAL (
        SELECT min(p.shown_problem) AS problem FROM distillation_runproduct p
        WHERE p.run_id = c.run_id AND p.product_id IN (b.a_id, b.b_id) AND p.shown_problem <> ''
    ) why ON why.problem IS NOT NULL
    CROSS JOIN unnest(%(relations)s::text[]) u (relation) CROSS JOIN generate_series(0, %(samples)s - 1) s (sample)
    WHERE c.run_id = %(run)s AND c.n_owed > 0
    ON CONFLICT DO NOTHING RETURNING cobuy_id
"""


def run_treatment(run: Run) -> str:
    """Empty where each product is shown with its own picture, or with none."""
    name = run.config.get("pictures", "")
    return name if name in TREATED or name == SWAPPED else ""


def run_pictures_ready(run: Run, *, seconds: float) -> bool:
    """Treat what is missing, for up to so long; whether nothing is missing any more. Each picture is a transaction of
    its own that others pass by, so any number of workers treat side by side and a killed one costs a picture."""
    if not (treatment := run_treatment(run)):
        return True
    if treatment == SWAPPED:
        _swap(run)
    else:
        _execute(WANT, run, treatment=treatment)
        until = time.monotonic() + seconds
        while time.monotonic() < until and picture_treat(treatment=treatment):
            pass
        _execute(SHOW, run, treatment=treatment, none=NO_PICTURE)
    if RunProduct.objects.filter(run=run, shown=None, shown_problem="").exists():
        return False
    _leave_out(run)
    return True


@transaction.atomic
def picture_treat(*, treatment: str) -> bool:
    """Treat the next picture that nobody has in hand; False if there is none."""
    wanted = TreatedPicture.objects.wanted().filter(treatment=treatment).select_related("source")
    row = wanted.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
    if row is None:
        return False
    try:
        with default_storage.open(row.source.name) as file:
            treated = treat(file.read(), treatment, row.source.digest)
    except Untreatable as error:
        row.problem = str(error)[:300]
    except FileNotFoundError:
        row.problem = NO_FILE
    else:
        row.picture, row.effects = _stored(treated), treated.effects.as_dict()
    row.save(update_fields=["picture", "problem", "effects"])
    return True


def _stored(treated: Treated) -> Picture:
    """Under the digest of its own bytes; the thumbnail is for the pages that show what an arm saw."""
    picture = Picture(digest=treated.digest, width=treated.width, height=treated.height, size=len(treated.jpeg))
    if not default_storage.exists(picture.name):
        encoded = picture_encode(treated.jpeg)
        for name, data in ((picture.thumbnail_name, encoded.thumbnail), (picture.name, treated.jpeg)):
            if not default_storage.exists(name):
                default_storage.save(name, ContentFile(data))
    fields = {"width": picture.width, "height": picture.height, "size": picture.size}
    return Picture.objects.get_or_create(digest=picture.digest, defaults=fields)[0]


@transaction.atomic
def _swap(run: Run) -> None:
    rows = list(run.products.filter(shown=None, shown_problem="").select_related("product__picture"))
    if not rows:
        return
    own = {r.product_id: r.product.picture for r in run.products.select_related("product__picture")}
    pictures = {product: picture.digest for product, picture in own.items() if picture}
    partners: dict[int, set[int]] = defaultdict(set)
    for a, b in CoBuy.objects.filter(pk__in=run.cobuys.values("cobuy")).values_list("a", "b"):
        partners[a].add(b)
        partners[b].add(a)
    shown, by_digest = swaps(pictures, partners), {picture.digest: picture for picture in own.values() if picture}
    for row in rows:
        row.shown = by_digest.get(shown.get(row.product_id, ""))
        row.shown_problem = "" if row.shown else NO_OTHER if row.product.picture else NO_PICTURE
    RunProduct.objects.bulk_update(rows, ["shown", "shown_problem"], batch_size=1_000)


@transaction.atomic
def _leave_out(run: Run) -> None:
    """The units of co-buys whose pictures could not be treated end without a call."""
    if run.products.exclude(shown_problem="").exists():
        _execute(LEAVE_OUT, run, relations=run.config["relations"], samples=run.config["samples"])
        lost = Failure.objects.filter(run=run, reason__in=LEFT_OUT).values("cobuy")
        run.cobuys.filter(cobuy__in=lost, n_owed__gt=0).update(n_owed=0)


def run_treating(run: Run) -> tuple[int, int]:
    """(products whose picture is ready, products): of a run whose pictures are treated, else two zeros."""
    if not run_treatment(run):
        return 0, 0
    products = run.products
    return products.filter(Q(shown__isnull=False) | ~Q(shown_problem="")).count(), products.count()


def left_out_cobuys(run: Run) -> set[int]:
    lost = Failure.objects.filter(run=run, reason__in=LEFT_OUT)
    return set(lost.values_list("cobuy", flat=True).distinct())


def effects_by_treatment(newest: int | None = None) -> list[dict]:
    """For each treatment: pictures, failures by reason, and the medians of what it took away; of so many at most."""
    done = TreatedPicture.objects.exclude(picture=None, problem="").order_by("-pk")
    found = {name: list(done.filter(treatment=name)[:newest]) for name in TREATED}
    return [_effects(name, rows) for name, rows in found.items() if rows]


def _effects(name: str, rows: list[TreatedPicture]) -> dict:
    treated = [row.effects for row in rows if not row.problem]
    medians = {key: sorted(e[key] for e in treated)[len(treated) // 2] for key in treated[0]} if treated else {}
    problems: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.problem:
            problems[row.problem.partition(":")[0]] += 1
    return {"treatment": name, "treated": len(treated), "medians": medians, "problems": dict(problems)}


def _execute(sql: str, run: Run, **params: str | int | list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"run": run.pk, **params})
