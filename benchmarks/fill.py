"""Large studies by SQL, for measurements: rows that look like the real ones, no model asked."""

from django.db import connection

from accounts.models import User
from annotation import scales
from annotation.models import Participant, Study
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS

TEXT = (
    "They bought both because the first is used for taking pictures on longer walks and the second carries it "
    "safely through the rain, so that a customer who plans a hiking holiday finds everything dry and at hand."
)
CATEGORIES = ["Electronics", "Home & Kitchen", "Office Products", "Sports & Outdoors", "Toys & Games"]

# Each item has a quality that the filter's p_yes knows half of; annotators see it through noise of their own, in rounds
# over the items, and nine of ten audits follow from the ratings.
JUDGMENTS = """
WITH placed AS (
    SELECT i.id, v.yes, count(*) OVER () AS n, row_number() OVER (ORDER BY i.order_key, i.id) - 1 AS place,
           coalesce(v.p_yes, v.yes::int) AS p_yes
    FROM annotation_item i JOIN distillation_verdict v ON v.intention_id = i.intention_id
    WHERE i.study_id = %(study)s AND i.gold IS NULL
), drawn AS (
    SELECT *, turn * n + place AS nth,
           (hashint8extended(place, %(seed)s) & 1023) / 1023.0 AS own,
           (hashint8extended(turn * n + place, %(seed)s + 1) & 1023) / 1023.0 AS noise,
           (hashint8extended(turn * n + place, %(seed)s + 2) & 1023) / 1023.0 AS other_noise,
           (hashint8extended(turn * n + place, %(seed)s + 3) & 1023) / 1023.0 AS wait
    FROM placed, generate_series(0, %(overlap)s - 1) turn
    WHERE turn * n + place < %(share)s * n * %(overlap)s
), rated AS (
    SELECT *, ((p_yes + own) / 2 + 0.6 * (noise - 0.5) > 0.45)::int AS plausibility,
           least(3, greatest(0, floor(2 * (p_yes + own) + 2.4 * (other_noise - 0.5))))::int AS typicality,
           now() - interval '30 days' * (1 - nth / (%(overlap)s * n)::float8) AS at
    FROM drawn
), audited AS (
    SELECT *, (yes = (plausibility = 1)) = (wait < 0.9) AS filter_right FROM rated
)
INSERT INTO annotation_judgment (item_id, participant_id, kind, submission, plausibility, typicality, a_on_left,
    seconds, active_seconds, comment, version, audit_asked, created_at, filter_right, audit_reason, audited_at)
SELECT id, (%(participants)s::bigint[])[1 + (place + turn) %% %(annotators)s], 'item', gen_random_uuid(), plausibility,
    typicality, noise < 0.5, 4 + 20 * wait, 3 + 18 * wait, '', 1, true, at,
    filter_right, CASE WHEN filter_right THEN '' ELSE 'need' END, at + interval '4 seconds'
FROM audited ORDER BY nth
"""


def run_filled(n_intentions: int, name: str = "filled") -> Run:
    """A finished run of `n_intentions` with verdicts: each relation once for a co-buy."""
    run = Run.objects.create(
        name=name,
        backend="baseline",
        model="rules-1",
        state=Run.State.DONE,
        config={"relations": list(RELATIONS), "samples": 1, "with_images": False, "limit": None},
    )
    n_cobuys = -(-n_intentions // len(RELATIONS))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO distillation_product (asin, title, category, picture_problem)
            SELECT 'F' || lpad(n::text, 9, '0'), 'Product number ' || n || ', with strap, black',
                   (%s::text[])[1 + n %% %s], ''
            FROM generate_series(1, %s) n ON CONFLICT DO NOTHING
            """,
            [CATEGORIES, len(CATEGORIES), n_cobuys + 1],
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
            SELECT %s, c.id, relation, 0, %s || ' Variant ' || variant || '.', '' FROM
            (SELECT id FROM distillation_cobuy ORDER BY id LIMIT %s) c,
            unnest(%s::text[]) WITH ORDINALITY AS r (relation, variant)
            ORDER BY c.id, variant
            """,
            [run.pk, TEXT, n_cobuys, list(RELATIONS)],
        )
        cursor.execute(
            """
            INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
            SELECT id, p_yes >= 0.5, p_yes, 'Because I would want both on a walk.', '' FROM
            (SELECT id, (hashint8(id) & 65535) %% 1001 / 1000.0 AS p_yes
             FROM distillation_intention WHERE run_id = %s) v
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
                (study_id, intention_id, stratum, inclusion_probability, order_key, block_no, overlap, taken, n_judged,
                 run_id, relation, category, filter_yes, p_yes)
            SELECT %s, t.id, '', 0.5, row_number() OVER (ORDER BY t.id),
                   row_number() OVER (ORDER BY t.id) / 40, %s, 0, 0,
                   t.run_id, t.relation, a.category, v.yes, v.p_yes
            FROM distillation_intention t JOIN distillation_verdict v ON v.intention_id = t.id
            JOIN distillation_cobuy c ON c.id = t.cobuy_id JOIN distillation_product a ON a.id = c.a_id
            WHERE t.run_id = %s ORDER BY t.id LIMIT %s
            """,
            [study.pk, overlap, run.pk, n_items],
        )
        cursor.execute("ANALYZE")
    return study


def judgments_filled(study: Study, *, annotators: int = 40, share: float = 1.0, seed: int = 1) -> None:
    """Judge the first `share` of all judgments that a study on the preset mind wants, with audits, over 30 days."""
    participants = _participants(study, annotators)
    with connection.cursor() as cursor:
        cursor.execute(
            JUDGMENTS,
            {
                "study": study.pk,
                "overlap": study.overlap,
                "share": share,
                "seed": seed,
                "participants": [participant.pk for participant in participants],
                "annotators": annotators,
            },
        )
        cursor.execute(
            """
            UPDATE annotation_item i SET n_judged = j.n, taken = j.n
            FROM (SELECT item_id, count(*) AS n FROM annotation_judgment GROUP BY item_id) j
            WHERE j.item_id = i.id AND i.study_id = %s
            """,
            [study.pk],
        )
        cursor.execute(
            """
            UPDATE annotation_participant p SET n_judged = j.n, seconds = j.seconds, revision = 2 * j.n
            FROM (SELECT participant_id, count(*) AS n, sum(active_seconds) AS seconds
                  FROM annotation_judgment GROUP BY participant_id) j
            WHERE j.participant_id = p.id AND p.study_id = %s
            """,
            [study.pk],
        )
        cursor.execute("ANALYZE")


def _participants(study: Study, n: int) -> list[Participant]:
    if n < study.overlap:
        raise ValueError(f"{study.overlap} judgments an item need as many annotators, not {n}")
    return Participant.objects.bulk_create(
        Participant(study=study, annotator=user, pseudonym=f"A-{user.pk:08}") for user in annotators(n)
    )


def annotators(n: int, prefix: str = "bench") -> list[User]:
    users = [User(username=f"{prefix}-{i}", role=User.Role.ANNOTATOR, password="!") for i in range(n)]
    return [User.objects.get_or_create(username=user.username, defaults={"password": "!"})[0] for user in users]
