"""What was exported comes back: the same figures, the same bytes."""

import gzip
import json
import re
from pathlib import Path

import pytest

from accounts.models import User
from accounts.services import user_create
from annotation.design.protocol import protocol_change
from annotation.desk.leaving_out import judgments_leave_out
from annotation.exchange.exports.options import FORMATS
from annotation.figures.numbers import study_figures
from annotation.judging.allocation import item_next
from annotation.judging.participants import participant_get
from annotation.judging.tallying import study_recompute
from annotation.judging.writing import audit_save
from annotation.models import Judgment, JudgmentRevision, Participant, Study
from distillation.catalog.intake import indexing
from distillation.models import OwedIndex, Run
from tests.annotation.builders import judge, participant, save, study
from tests.annotation.exchange.files import GOLD, emptied, exported, imported, rows_of, study_judged, written
from tests.distillation.builders import finished_run
from tests.indexes import defined

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_judged(user_create(username="rob", password="correct-horse", role=User.Role.RESEARCHER))


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def without_ids(content: bytes) -> bytes:
    """Of judgments: Label Studio's format is the only one that has them."""
    return re.sub(rb'"id" : ("?)\d+', rb"\1", content)


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_exported_comes_back_to_the_byte(judged: Study, tmp_path: Path, form: str) -> None:
    before, figures = exported(judged, form), study_figures(judged).as_dict()
    emptied(judged)
    imported(before, tmp_path / "file")
    assert study_figures(judged).as_dict() == figures
    assert without_ids(exported(judged, form)) == without_ids(before)


@pytest.mark.parametrize("options", [{"revisions": True}, {"machine": True}, {"revisions": True, "form": "parquet"}])
def test_so_do_revisions_and_files_for_machines(judged: Study, tmp_path: Path, options: dict) -> None:
    before, figures = exported(judged, **options), study_figures(judged).as_dict()
    revisions = JudgmentRevision.objects.order_by("pk").values_list("plausibility", "before", "after_reveal")
    kept = list(revisions)
    emptied(judged)
    imported(before, tmp_path / "file", machine=options.get("machine", False))
    assert study_figures(judged).as_dict() == figures
    assert exported(judged, **options) == before
    assert list(revisions.all()) == (kept if "revisions" in options else [])


def test_counts_are_those_that_judging_would_have_left(judged: Study, tmp_path: Path) -> None:
    columns = ("pseudonym", "n_judged", "n_audited", "n_filter_right")
    before, counted = exported(judged), list(judged.participants.order_by("pseudonym").values_list(*columns))
    taken = list(judged.items.order_by("pk").values_list("taken", "n_judged"))
    emptied(judged)
    imported(before, tmp_path / "file")
    assert list(judged.participants.order_by("pseudonym").values_list(*columns)) == counted
    assert list(judged.items.order_by("pk").values_list("taken", "n_judged")) == taken
    assert not any(study_recompute(judged).values())


def test_who_judged_is_a_pseudonym_that_nobody_can_sign_in_as(judged: Study, tmp_path: Path) -> None:
    before = exported(judged)
    emptied(judged)
    imported(before, tmp_path / "file")
    people = [each.annotator for each in judged.participants.all()]
    assert len(people) == 3
    assert not any(user.is_active or user.has_usable_password() for user in people)
    assert judged.participants.filter(state="excluded").count() == 1


def test_annotators_who_are_there_take_their_judgments_back(judged: Study, tmp_path: Path) -> None:
    before, people = exported(judged), set(judged.participants.values_list("annotator", flat=True))
    Judgment.objects.all().delete()
    imported(before, tmp_path / "file")
    assert set(judged.participants.values_list("annotator", flat=True)) == people
    assert exported(judged) == before


def test_in_parts_too(judged: Study, tmp_path: Path) -> None:
    rows, figures = rows_of(exported(judged)), study_figures(judged).as_dict()
    emptied(judged)
    imported(written(rows[:9]), tmp_path / "1")
    imported(written(rows[9:]), tmp_path / "2")
    assert study_figures(judged).as_dict() == figures


def test_items_that_another_study_drew_otherwise_are_told(
    judged: Study, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rows = rows_of(exported(judged))
    emptied(judged)
    for row in rows:
        row["inclusion_probability"] = "0.25"
    imported(written(rows), tmp_path / "file")
    assert "6 items have another inclusion probability here" in capsys.readouterr().out


def test_packed_by_gzip(judged: Study, tmp_path: Path) -> None:
    before = exported(judged)
    emptied(judged)
    imported(gzip.compress(before), tmp_path / "file.csv.gz")
    assert exported(judged) == before


def test_the_same_sample_in_another_study(judged: Study, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    other = study(run=Run.objects.get(), name="S2", items=6, overlap=2, strata=["verdict"], gold=GOLD)
    imported(exported(judged), tmp_path / "file", "S2", json=True)
    assert json.loads(capsys.readouterr().out)["matched_by"] == "intention_id"
    assert study_figures(other).as_dict() == study_figures(judged).as_dict()


def test_the_same_sample_in_another_database(judged: Study, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """All ids are others, and of one co-buy the products have changed places."""
    before, figures = rows_of(exported(judged)), study_figures(judged).as_dict()
    left = [row["left_product"] for row in before]
    for row in before:
        row["item"], row["intention_id"] = int(row["item"]) + 1_000, int(row["intention_id"]) + 1_000
        row["asin_a"], row["asin_b"] = row["asin_b"], row["asin_a"]
        row["left_product"] = {"a": "b", "b": "a"}[row["left_product"]]
    emptied(judged)
    imported(written(before), tmp_path / "file", json=True)
    assert json.loads(capsys.readouterr().out)["matched_by"] == "run, products, relation and text"
    assert study_figures(judged).as_dict() == figures
    assert [row["left_product"] for row in rows_of(exported(judged))] == left


def test_label_studio_s_own_export_is_enough(judged: Study, tmp_path: Path) -> None:
    """Of annotations it keeps its own fields only, and writes another layout and address."""
    figures = study_figures(judged).as_dict()
    Judgment.objects.exclude(kind="item").delete()
    Participant.objects.filter(state="excluded").delete()
    tasks = json.loads(exported(judged, "label-studio"))
    standard = ("id", "completed_by", "created_at", "lead_time", "was_cancelled", "result")
    for task in tasks:
        task["annotations"] = [
            {**{name: each[name] for name in standard}, "completed_by": 7} for each in task["annotations"]
        ]
    emptied(judged)
    imported(json.dumps(tasks, indent=2).encode(), tmp_path / "project-1.json")
    assert study_figures(judged).as_dict() == figures


def test_without_a_pseudonym_label_studio_s_people_get_one(judged: Study, tmp_path: Path) -> None:
    [task, *_] = json.loads(exported(judged, "label-studio"))
    del task["annotations"][1:]
    [annotation] = task["annotations"]
    annotation["completed_by"] = {"id": 3, "email": "somebody@example.org"}
    annotation["result"] = [each for each in annotation["result"] if each["from_name"] != "annotator"]
    emptied(judged)
    imported(json.dumps([task]).encode(), tmp_path / "file")
    assert re.fullmatch("LS-[0-9a-f]{8}", judged.participants.get().pseudonym)


@pytest.mark.parametrize("form", FORMATS)
def test_so_do_roles_versions_looks_and_what_counts_nowhere(db: None, tmp_path: Path, form: str) -> None:
    """One by a researcher, of the kind seen; by an annotator one under each version, the first left out."""
    rita = user_create(username="rita", password=None, role=User.Role.RESEARCHER)
    made = study(run=finished_run(name="other"), name="R", items=3, overlap=1)
    judge(participant_get(study_id=made.pk, annotator=rita))
    picture = {"picture": "shown", "width": 320, "height": 240, "enlarged": False}
    look = {"left": picture, "right": picture, "in_view": 2.5, "device": "phone", "orientation": "portrait"}
    first = save(item_next(participant=participant(made)), look=look)
    audit_save(participant=first.participant, judgment_id=first.pk, filter_right=True)
    judgments_leave_out(study=made, judgments=[first.pk], by=rita)
    made = protocol_change(study=made, by=rita, terms="3 pounds")
    judge(participant(made))
    kept = (
        Judgment.objects.filter(item__study=made)
        .order_by("kind")
        .values_list("kind", "version", "role", "had_seen", "was_kind", "look")
    )
    before, rows, figures = exported(made, form), list(kept), study_figures(made).as_dict()
    assert [row[:5] for row in rows] == [
        ("item", 2, "annotator", "", ""), ("left", 1, "annotator", "", "item"), ("seen", 1, "researcher", "role", ""),
    ]  # fmt: skip
    emptied(made)
    imported(before, tmp_path / "file", "R")
    assert list(kept.all()) == rows and study_figures(made).as_dict() == figures
    assert without_ids(exported(made, form)) == without_ids(before)
    assert not any(study_recompute(made).values())


def test_simulated_judgments_stay_so(judged: Study, tmp_path: Path) -> None:
    Study.objects.update(simulated=True)
    judged.refresh_from_db()
    before = exported(judged)
    emptied(judged)
    Study.objects.update(simulated=False)
    imported(before, tmp_path / "file")
    judged.refresh_from_db()
    assert judged.simulated


def test_the_first_of_many_come_as_others_do(judged: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, keys = exported(judged), defined("annotation_judgment")
    emptied(judged)
    monkeypatch.setattr(indexing, "LARGE", 1)
    imported(rows, tmp_path / "file")
    assert exported(judged) == rows and not any(study_recompute(judged).values())
    assert defined("annotation_judgment") == keys and not OwedIndex.objects.exists()
