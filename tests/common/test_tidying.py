"""Runs, data sets, experiments and links: renamed, archived, deleted, found in their lists."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.links import link_make, link_revoke
from accounts.models import Deed, Link, User
from annotation.models import Study
from distillation.models import CatalogImport, CoBuy, CoBuyAgain, Exposure, Feature, Intention, Product, Run
from distillation.runs.lifecycle import run_delete, run_held
from distillation.runs.services import RunRefused
from research.models import Arm, Experiment
from tests.annotation.builders import study
from tests.annotation.pages import text
from tests.api.builders import program, send
from tests.distillation.builders import finished_run, run

pytestmark = pytest.mark.django_db


def tidy(client: Client, page: str, to: str, **posted: str):
    named = {f"{to}-{name}": value for name, value in posted.items()}
    return client.post(page, {"to": to, **named})


def data_set(**fields: object) -> CatalogImport:
    made = CatalogImport.objects.create(key="k", format="csv", sources=[{"name": "p.csv"}], state="done", **fields)
    CatalogImport.objects.filter(pk=made.pk).update(data_set=made)
    made.refresh_from_db()
    return made


def experiment_of(made: Run, name: str = "e1") -> Experiment:
    experiment = Experiment.objects.create(name=name)
    Arm.objects.create(experiment=experiment, run=made, is_control=True, place=0)
    return experiment


def test_a_run_is_renamed_and_the_trail_has_both_names(as_researcher: Client) -> None:
    finished_run()
    answer = tidy(as_researcher, reverse("run-tidy", args=["r1"]), "rename", name=" better ")
    assert answer["Location"] == reverse("run-tidy", args=["better"])
    assert (Run.objects.get().name, Deed.objects.get(kind="renamed").details["before"]) == ("better", "r1")


@pytest.mark.parametrize("name", ["a b", "..", "new", "r2", ""])
def test_a_run_s_name_that_can_t_be_changes_nothing(as_researcher: Client, name: str) -> None:
    finished_run()
    run("r2")
    answer = tidy(as_researcher, reverse("run-tidy", args=["r1"]), "rename", name=name)
    assert (answer.status_code, set(Run.objects.values_list("name", flat=True))) == (422, {"r1", "r2"})
    assert 'aria-invalid="true"' in answer.content.decode()


def test_a_run_that_goes_on_is_neither_archived_nor_deleted(as_researcher: Client) -> None:
    finished_run()
    Run.objects.update(state=Run.State.RUNNING)
    page = reverse("run-tidy", args=["r1"])
    assert "pause or cancel it" in text(tidy(as_researcher, page, "archive"))
    assert "pause or cancel it first; nothing was deleted" in text(tidy(as_researcher, page, "delete", typed="r1"))
    assert Run.objects.get().archived_at is None


def test_a_deleted_run_takes_its_intentions_along_and_leaves_what_is_cached(
    as_researcher: Client, researcher: User
) -> None:
    made = finished_run(3)
    product = Product.objects.first()
    Feature.objects.create(key="f" * 64, product=product, run=made, text="A bag.", raw_reply="A bag.")
    Exposure.objects.create(user=researcher, run=made, where="page")
    page = reverse("run-tidy", args=["r1"])
    assert "6 intentions" in text(as_researcher.get(page))  # 3 co-buys x 2 relations
    assert tidy(as_researcher, page, "delete", typed="r2").status_code == 422
    assert tidy(as_researcher, page, "delete", typed="r1")["Location"] == reverse("run-list")
    assert not Run.objects.exists() and not Intention.objects.exists()
    assert (CoBuy.objects.count(), Feature.objects.get().run) == (3, None)
    assert Deed.objects.get(kind="deleted").details == {"what": "run", "intentions": 6}


def test_a_run_is_not_deleted_before_its_study_and_its_experiment() -> None:
    made = study().runs.get()
    experiment_of(made)
    assert ["study S" in line for line in run_held(made)] == [True, False]
    Study.objects.all().delete()
    assert run_held(made) == ["It is the run of 1 arm (e1): delete that first"]
    with pytest.raises(RunRefused, match="nothing was deleted"):
        run_delete(run=made, typed=made.name, by=None)


def test_what_is_archived_is_in_no_list_and_in_its_archive(as_researcher: Client) -> None:
    finished_run()
    tidy(as_researcher, reverse("run-tidy", args=["r1"]), "archive")
    assert [row["run"].name for row in as_researcher.get(reverse("run-list")).context["runs"]] == []
    assert [row["run"].name for row in as_researcher.get(reverse("run-list") + "?archive").context["runs"]] == ["r1"]
    assert "r1" not in as_researcher.get(reverse("study-new")).content.decode()
    tidy(as_researcher, reverse("run-tidy", args=["r1"]), "unarchive")
    assert Run.objects.get().archived_at is None


@pytest.mark.parametrize(
    "asked, found",
    [
        ("", ["c3", "b2", "a1"]),
        ("q=B", ["b2"]),
        ("state=done", ["a1"]),
        ("sort=name", ["a1", "b2", "c3"]),
        ("sort=oldest&state=running", ["b2", "c3"]),
        ("q=rules-1", ["c3", "b2", "a1"]),
    ],
)
def test_runs_are_searched_sorted_and_cut(as_researcher: Client, asked: str, found: list[str]) -> None:
    finished_run(name="a1")
    run("b2")
    run("c3")
    page = as_researcher.get(f"{reverse('run-list')}?{asked}")
    assert [row["run"].name for row in page.context["runs"]] == found


@pytest.mark.parametrize("page", ["run-list", "study-list", "experiment-list", "import-list", "people-links"])
def test_a_list_says_what_it_can_t_read(as_researcher: Client, page: str) -> None:
    answer = as_researcher.get(reverse(page) + "?state=nowhere")
    assert answer.status_code == 400
    assert "state = “nowhere”" in text(answer).replace("&quot;", "“", 1).replace("&quot;", "”", 1)


def test_an_experiment_goes_and_its_runs_stay(as_researcher: Client) -> None:
    experiment_of(finished_run())
    page = reverse("experiment-tidy", args=["e1"])
    tidy(as_researcher, page, "rename", name="e2")
    page = reverse("experiment-tidy", args=["e2"])
    tidy(as_researcher, page, "archive")
    assert as_researcher.get(reverse("experiment-list")).context["experiments"] == []
    Run.objects.update(state=Run.State.RUNNING)
    assert "The run r1 goes on" in text(tidy(as_researcher, page, "delete", typed="e2"))
    Run.objects.update(state=Run.State.DONE)
    tidy(as_researcher, page, "delete", typed="e2")
    assert (Experiment.objects.count(), Run.objects.count()) == (0, 1)


def test_a_data_set_is_deleted_after_its_runs_and_what_another_brought_is_handed_over(as_researcher: Client) -> None:
    made = finished_run(3)
    first, second = data_set(), data_set()
    one = CoBuy.objects.earliest("pk")
    CoBuy.objects.update(first_import=first)
    Product.objects.update(first_import=first)
    CoBuyAgain.objects.create(data_set=second, cobuy=one)
    page = reverse("import-tidy", args=[first.pk])
    assert "The run r1 is of it: delete the run first" in text(tidy(as_researcher, page, "delete", typed=first.title))
    run_delete(run=made, typed="r1", by=None)
    assert tidy(as_researcher, page, "delete", typed=first.title).status_code == 302
    assert CatalogImport.objects.get() == second
    assert CoBuy.objects.get().first_import == second and not CoBuyAgain.objects.exists()
    assert set(Product.objects.values_list("pk", "first_import")) == {(one.a_id, None), (one.b_id, None)}


def test_a_data_set_s_files_can_be_taken_along(as_researcher: Client) -> None:
    finished_run(1)
    brought = data_set()
    CoBuy.objects.update(first_import=brought)
    files = {what: as_researcher.get(reverse("import-csv", args=[brought.pk, what])) for what in ("products", "cobuys")}
    lines = {what: b"".join(answer.streaming_content).decode().splitlines() for what, answer in files.items()}
    assert lines["products"] == [
        "asin,title,category,price",
        "B000000000,Product B000000000,,",
        "B000000001,Product B000000001,,",
    ]
    assert lines["cobuys"] == ["asin_a,asin_b", "B000000000,B000000001"]


def test_an_archived_data_set_is_no_run_s_choice(as_researcher: Client) -> None:
    brought = data_set()
    tidy(as_researcher, reverse("import-tidy", args=[brought.pk]), "rename", name="Spring")
    assert "Spring: p.csv" in as_researcher.get(reverse("run-new")).content.decode()
    tidy(as_researcher, reverse("import-tidy", args=[brought.pk]), "archive")
    assert "Spring: p.csv" not in as_researcher.get(reverse("run-new")).content.decode()


def test_a_link_is_deleted_once_it_lets_nobody_in(as_researcher: Client, researcher: User) -> None:
    link = link_make(kind=Link.Kind.INVITATION, by=researcher, valid=timedelta(days=1))[0]
    page = reverse("people-link-tidy", args=[link.pk])
    tidy(as_researcher, page, "rename", name="Autumn course")
    assert "revoke it first" in text(tidy(as_researcher, page, "delete", typed="Autumn course"))
    link_revoke(link=link, by=researcher)
    assert "Autumn course" in text(as_researcher.get(reverse("people-links") + "?state=revoked&q=autumn"))
    assert "Autumn course" not in text(as_researcher.get(reverse("people-links") + "?state=open"))
    tidy(as_researcher, page, "delete", typed="Autumn course")
    assert not Link.objects.exists()


def test_programs_rename_archive_and_delete(researcher: User) -> None:
    experiment_of(finished_run())
    rosa = program(researcher)
    answer = send(rosa, "runs/r1", method="patch", name="r9", archived=True).json()
    assert (answer["name"], answer["archived_at"] is None) == ("r9", False)
    assert send(rosa, "runs/r9", method="delete", name="r9").status_code == 409
    assert send(rosa, "experiments/e1", method="delete", name="another").status_code == 409
    assert send(rosa, "experiments/e1", method="delete", name="e1").status_code == 204
    assert send(rosa, "runs/r9", method="delete", name="r1").status_code == 409
    assert send(rosa, "runs/r9", method="delete", name="r9").status_code == 204
    assert not Run.objects.exists()
