"""Large studies by SQL, for measurements: rows that look like the real ones, no model asked."""

from django.db import connection

from accounts.models import User
from annotation import scales
from annotation.models import Study
from distillation.models import Run

TEXT = (
    "They bought both because the first is used for taking pictures on longer walks and the second carries it "
    "safely through the rain, so that a customer who plans a hiking holiday finds everything dry and at hand."
)


def run_filled(n_intentions: int, name: str = "filled") -> Run:
    """A finished run of `n_intentions` with verdicts, 20 to a co-buy."""
    run = Run.objects.create(
        name=name,
        backend="baseline",
        model="rules-1",
        state=Run.State.DONE,
        config={"relations": ["usedFor"], "samples": 20, "with_images": False, "limit": None},
    )
    n_cobuys = -(-n_intentions // 20)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO distillation_product (asin, title, category, picture_problem)
            SELECT 'F' || lpad(n::text, 9, '0'), 'Product number ' || n || ', with strap, black', 'Electronics', ''
            FROM generate_series(1, %s) n ON CONFLICT DO NOTHING
            """,
            [n_cobuys + 1],
        )
        cursor.execute(
            """
            INSERT INTO distillation_cobuy (a_id, b_id)
            SELECT id, lead(id) OVER (ORDER BY id) FROM distillation_product ORDER BY id LIMIT %s
            ON CONFLICT DO NOTHING
            """,
            [n_cobuys],
        )
        cursor.execute(
            """
            INSERT INTO distillation_intention (run_id, cobuy_id, relation, sample, text, raw_reply)
            SELECT %s, c.id, 'usedFor', s, %s || ' Variant ' || s || '.', '' FROM
            (SELECT id FROM distillation_cobuy ORDER BY id LIMIT %s) c, generate_series(0, 19) s
            """,
            [run.pk, TEXT, n_cobuys],
        )
        cursor.execute(
            """
            INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
            SELECT id, id %% 2 = 0, (id %% 100) / 100.0, 'Because I would want both on a walk.', ''
            FROM distillation_intention WHERE run_id = %s
            """,
            [run.pk],
        )
    return run


def study_filled(run: Run, n_items: int, *, overlap: int = 3, name: str = "filled") -> Study:
    study = Study.objects.create(
        name=name, overlap=overlap, n_items=n_items, scales=scales.preset_as_json("mind"), seed=1
    )
    study.runs.add(run)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO annotation_item
                (study_id, intention_id, stratum, inclusion_probability, order_key, overlap, taken, n_judged,
                 run_id, relation, category, filter_yes, p_yes)
            SELECT %s, t.id, '', 0.5, row_number() OVER (ORDER BY t.id), %s, 0, 0,
                   t.run_id, t.relation, a.category, v.yes, v.p_yes
            FROM distillation_intention t JOIN distillation_verdict v ON v.intention_id = t.id
            JOIN distillation_cobuy c ON c.id = t.cobuy_id JOIN distillation_product a ON a.id = c.a_id
            WHERE t.run_id = %s ORDER BY t.id LIMIT %s
            """,
            [study.pk, overlap, run.pk, n_items],
        )
        cursor.execute("ANALYZE")
    return study


def annotators(n: int, prefix: str = "bench") -> list[User]:
    users = [User(username=f"{prefix}-{i}", role=User.Role.ANNOTATOR, password="!") for i in range(n)]
    return [User.objects.get_or_create(username=user.username, defaults={"password": "!"})[0] for user in users]
