"""Studies with known ratings, made through the services that the pages use."""

from contextlib import nullcontext
from io import BytesIO
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db.models import Value
from django.db.models.functions import Concat
from PIL import Image

from accounts.models import User
from annotation.design.services import study_create
from annotation.judging.allocation import item_next
from annotation.judging.participants import participant_held, participant_join
from annotation.judging.writing import audit_save, judgment_save
from annotation.models import Item, Judgment, Kind, Lease, Participant, Study
from annotation.scales import Preference
from distillation.catalog.pictures.store import picture_store
from distillation.models import Intention, Product, Run
from tests.distillation.builders import finished_run
from tests.people import person


def study(*, run: Run | None = None, name: str = "S", items: int = 4, overlap: int = 2, **more) -> Study:
    return study_create(name=name, runs=[run or finished_run()], items=items, overlap=overlap, **more)


def different_runs(n: int, n_cobuys: int = 3) -> list[Run]:
    """Over the same co-buys and relations, with texts that differ in their ends."""
    runs = [finished_run(n_cobuys, name=f"run-{letter}") for letter in "abcdefgh"[:n]]
    for run in runs:
        Intention.objects.filter(run=run).update(text=Concat("text", Value(f" It is nice, {run.name[-1]}.")))
    return runs


def preference_study(*, runs: list[Run] | None = None, name: str = "P", items: int = 4, overlap: int = 2, **more):
    runs = runs or different_runs(2)
    return study_create(name=name, kind="preference", runs=runs, items=items, overlap=overlap, **more)


def prefer(who: Participant, preference: int = Preference.LEFT, **more) -> Judgment:
    """One pair from lease to saved."""
    lease = item_next(participant=who)
    asked = {"submission": uuid4(), "preference": preference, **more}
    return judgment_save(participant=lease.participant, item_id=lease.item_id, **asked)


def participant(in_study: Study, name: str = "ann-1") -> Participant:
    user = User.objects.filter(username=name).first() or person(name)
    return participant_join(in_study, user)


def save(lease: Lease, plausibility: int = 1, typicality: int | None = 2, **more) -> Judgment:
    ratings = {"submission": uuid4(), "plausibility": plausibility, "typicality": typicality, **more}
    return judgment_save(participant=lease.participant, item_id=lease.item_id, **ratings)


def judge(who: Participant, plausibility: int = 1, typicality: int | None = 2, *, right: bool = True) -> Judgment:
    """One item from lease to audit."""
    judgment = save(item_next(participant=who), plausibility, typicality)
    return audit_save(participant=who, judgment_id=judgment.pk, filter_right=right)


def rate_all(in_study: Study, ratings: dict[int, list[tuple[int, int | None]]]) -> None:
    """Give item `pk` its (plausibility, typicality) pairs, the i-th by annotator ann-i; all audits say right."""
    for i in range(max(map(len, ratings.values()))):
        who = participant(in_study, f"ann-{i}")
        # One lock for all that they do. The simulated have no way in.
        way_in = participant_held(study_id=in_study.pk, annotator=who.annotator)
        with nullcontext(who) if in_study.simulated else way_in as held:
            while isinstance(lease := item_next(participant=held), Lease):
                judgment = save(lease, *ratings[lease.item_id][i])
                if judgment.audit_asked:
                    audit_save(participant=held, judgment_id=judgment.pk, filter_right=True)


def study_of_ties_and_errors() -> Study:
    """Four items, one kept rightly, one wrongly, one rejected wrongly, and one over which two annotators disagree."""
    made = study(run=finished_run(2), items=4, overlap=2)
    items = list(made.items.order_by("pk"))
    for item, p_yes in zip(items, (0.9, 0.2, 0.9, 0.2), strict=True):
        Item.objects.filter(pk=item.pk).update(p_yes=p_yes, filter_yes=p_yes > 0.5)
    # (plausibility, typicality) by the two
    ratings = [[(1, 3), (1, 2)], [(1, 2), (0, 1)], [(0, 0), (0, 0)], [(1, 1), (1, 3)]]
    rate_all(made, {item.pk: pairs for item, pairs in zip(items, ratings, strict=True)})
    return made


def study_of_repeats() -> Study:
    """Ten items that ann-1 finds plausible; again the last two not."""
    made = study(run=finished_run(5), items=10, overlap=1, audit_share=0, repeat_share=0.3)
    who = participant(made)
    for k, item in enumerate(made.items.all()):
        for kind, plausibility in ((Kind.ITEM, 1), (Kind.REPEAT, int(k < 8))):
            Judgment.objects.create(
                item=item, participant=who, kind=kind, submission=f"{k:030x}{kind == Kind.REPEAT:02x}",
                plausibility=plausibility, typicality=2, a_on_left=True, seconds=9, audit_asked=False,
            )  # fmt: skip
    return made


def group_of(n: int) -> Group:
    group = Group.objects.create(name="Lab")
    for i in range(n):
        group.user_set.add(User.objects.create(username=f"g-{i}"))
    return group


def show_pictures() -> None:
    """Give all products one picture, red and 120 x 80."""
    data = BytesIO()
    Image.new("RGB", (120, 80), "red").save(data, "PNG")
    Product.objects.update(picture=picture_store(data.getvalue()))
