"""The shipped sample's whole path: catalog, users, a run, a study to rate and a study filled by a program."""

import json
import secrets
import time
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from accounts.services import user_create
from annotation.design.services import study_create
from annotation.judging.simulation import study_simulate
from annotation.models import Study
from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.lvlm import make_backend
from distillation.models import CatalogImport, Run
from distillation.runs.reports import run_progress
from distillation.runs.services import RunSettings, run_start
from distillation.tasks import run_wake
from mindsite.embedded import VAR
from mindsite.workers import one_worker
from research.experiments.making import arms_check, experiment_create, experiment_plan
from research.models import Evaluation, Experiment, PurchaseTest

RUN = "demo-baseline"
HANDWRITTEN = "demo-handwritten"  # a few reasons by a person, to be compared with the rules
TO_RATE, SIMULATED = "Demo: rate these yourself", "Demo: simulated judgments"
CONTROL = "demo-pictures-as-is"
FEW_RELATIONS, FEW_COBUYS = "usedFor,propertyOf,similarTo,open", 10  # each picture takes a moment to treat
EXPERIMENT, SIMULATED_ARMS = "demo-pictures", "Demo: simulated judgments of arms"
TO_COMPARE, SIMULATED_PAIRS = "Demo: compare these yourself", "Demo: simulated preferences"
EVALUATION = "demo-rules"
PURCHASES, UNTIL = "demo-purchases", date(2024, 6, 30)  # days that are made up
ROLES = {"ada": User.Role.ADMINISTRATOR, "rosa": User.Role.RESEARCHER, "anna": User.Role.ANNOTATOR}
Say = Callable[[str], object]


def demo_prepare(say: Say) -> dict[str, str]:
    """Everything that the pages show; what is there already stays. Returns the users' passwords."""
    sample = settings.BASE_DIR / "distillation" / "sample"
    call_command(
        "import_catalog", sample / "products.csv", "--format", "csv",
        "--cobuys", sample / "cobuys.csv", "--images", sample / "img",
    )  # fmt: skip
    passwords = _users(VAR / "demo_passwords.json")
    run, experiment = _runs(say)
    _preference_studies([run, _handwritten(sample / "handwritten.csv")], say)
    _studies(run, say)
    _experiment_study(experiment, say)
    demo_evaluation(sample / "questions.jsonl")
    demo_purchases(sample / "purchases.csv", run)
    return passwords


def _users(path: Path) -> dict[str, str]:
    """Passwords are made once and kept where only the owner reads them, so that the next demo prints the same."""
    passwords = json.loads(path.read_text()) if path.exists() else {}
    for name, role in ROLES.items():
        if not User.objects.filter(username=name).exists():
            passwords[name] = secrets.token_urlsafe(9)
            user_create(username=name, password=passwords[name], role=role)
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords))
    return passwords


def _sample() -> CatalogSelection:
    """What the import just now brought, though others may have come before."""
    return CatalogSelection.checked(imports=[CatalogImport.objects.latest("pk").pk])


def _runs(say: Say) -> tuple[Run, Experiment]:
    """The run and the experiment's arms, by one worker."""
    run, experiment = Run.objects.filter(name=RUN).first(), Experiment.objects.filter(name=EXPERIMENT).first()
    arms = [arm.run for arm in experiment.arms.select_related("run")] if experiment else []
    if run is None or not arms or any(each.state != Run.State.DONE for each in (run, *arms)):
        with one_worker(say=say):
            run = _run(RUN, "mind")
            experiment = experiment or _experiment(_run(CONTROL, FEW_RELATIONS, FEW_COBUYS))
            for arm in experiment.arms.to_start().select_related("run").order_by("run"):
                _finish(arm.run)
    say(run_progress(run).account())
    assert experiment  # noqa: S101 - made above
    return run, experiment


def _run(name: str, relations: str, limit: int | None = None) -> Run:
    begun = Run.objects.filter(name=name).exists()
    backend, catalog = make_backend("baseline", model=""), EVERYTHING if begun else _sample()
    run, _ = run_start(
        name=name,
        backend=backend.name,
        model=backend.model,
        base_urls=[],
        settings=RunSettings.checked(relations=relations, limit=limit, catalog=catalog),
    )
    return _finish(run)


def _finish(run: Run) -> Run:
    run_wake(run)
    while Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists():
        time.sleep(0.2)
    run.refresh_from_db()
    return run


def _experiment(control: Run) -> Experiment:
    plan = experiment_plan(control=control, vary={"pictures": ["grey", "swapped", "none"]})
    checked = arms_check(plan)
    with transaction.atomic():
        made = experiment_create(name=EXPERIMENT, plan=plan, checked=checked, question="Do the pictures help?")
        for arm in made.arms.to_start().select_related("run"):
            run_wake(arm.run)
    return made


def _experiment_study(experiment: Experiment, say: Say) -> None:
    if Study.objects.filter(name=SIMULATED_ARMS).exists():
        return
    runs = [arm.run for arm in experiment.arms.select_related("run")]
    study = study_create(name=SIMULATED_ARMS, runs=runs, items=64, overlap=2, paired=True, seed=6, simulated=True)
    _simulate(study, say)


def demo_evaluation(questions: Path) -> None:
    """Rules answer which of four handwritten reasons explains a co-buy: every page names them, no model is asked."""
    if not Evaluation.objects.filter(name=EVALUATION).exists():
        call_command(
            "evaluate", EVALUATION, benchmark="demo-reasons", data=questions, backend="baseline", stdout=StringIO()
        )


def demo_purchases(days: Path, run: Run) -> None:
    """Whether what the rules say predicts purchases that are made up: pages and exports call both what they are."""
    if not PurchaseTest.objects.filter(name=PURCHASES).exists():
        call_command("import_purchases", days, "--window", "0", stdout=StringIO())
        call_command("purchase_test", PURCHASES, run=run.name, until=UNTIL, simulated=True, stdout=StringIO())


def _handwritten(path: Path) -> Run:
    if not Run.objects.filter(name=HANDWRITTEN).exists():
        call_command("import_intentions", path, "--run", HANDWRITTEN)
    return Run.objects.get(name=HANDWRITTEN)


def _studies(run: Run, say: Say) -> None:
    if not Study.objects.filter(name=TO_RATE).exists():
        study_create(name=TO_RATE, runs=[run], items=60, overlap=3, strata=["verdict"], seed=1)
    if Study.objects.filter(name=SIMULATED).exists():
        return
    study = study_create(name=SIMULATED, runs=[run], items=80, overlap=3, strata=["verdict"], seed=2, simulated=True)
    _simulate(study, say)


def _preference_studies(runs: list[Run], say: Say) -> None:
    if not Study.objects.filter(name=TO_COMPARE).exists():
        study_create(name=TO_COMPARE, kind=Study.Kind.PREFERENCE, runs=runs, items=20, overlap=3, seed=4)
    if not Study.objects.filter(name=SIMULATED_PAIRS).exists():
        study = study_create(
            name=SIMULATED_PAIRS, kind=Study.Kind.PREFERENCE, runs=runs, items=20, overlap=3, seed=5, simulated=True
        )
        _simulate(study, say)


def _simulate(study: Study, say: Say) -> None:
    names = [f"simulated-{i}" for i in range(1, 5)]
    User.objects.bulk_create((User(username=name) for name in names), ignore_conflicts=True)
    judges = User.objects.filter(username__in=names).order_by("username")
    judges.update(is_active=True)  # while they judge; they have no password, and nobody is asked in their name
    n = study_simulate(study=study, annotators=list(judges), seed=3)
    judges.update(is_active=False)
    say(f"{study.name}: {n} judgments made by a program")
