"""Our files in the programs that they were made for."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from accounts.models import User
from accounts.services import user_create
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start, manifest
from annotation.models import Study
from tests.annotation.exchange.files import exported, rows_of, study_judged

pytestmark = pytest.mark.django_db
HEAVY = "label-studio-sdk is too heavy for every machine that runs the tests"


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_judged(user_create(username="rita", password="correct-horse", role=User.Role.RESEARCHER))


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def test_pandas_takes_counts_for_truths(judged: Study) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed; see requirements-dev.txt")
    content = exported(judged)
    d = pandas.read_csv(io.BytesIO(content))
    assert d.counts.dtype == bool
    assert len(d[d.counts]) == sum(row["counts"] == "true" for row in rows_of(content)) > 0


def test_pandas_reads_semicolons_with_decimal_commas(judged: Study) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed; see requirements-dev.txt")
    d = pandas.read_csv(io.BytesIO(exported(judged, excel="semicolon")), sep=";", decimal=",", encoding="utf-8-sig")
    plain = pandas.read_csv(io.BytesIO(exported(judged)))
    assert d.columns[0] == "study"
    assert (d.p_yes == plain.p_yes).all() and (d.counts == plain.counts).all()


def test_label_studio_s_configuration_knows_every_result(judged: Study) -> None:
    record, pieces = export_start(study=judged, options=Options(format="label-studio"))
    tasks = json.loads(b"".join(pieces))
    tags = ElementTree.fromstring(manifest(record)["labelling_configuration"])
    names = {tag.get("name") for tag in tags.iter() if tag.get("toName")}
    offered = {tag.get("value") for tag in tags.iter("Choice")}
    results = [each for task in tasks for annotation in task["annotations"] for each in annotation["result"]]
    assert {each["from_name"] for each in results} <= names
    assert {label for each in results for label in each["value"].get("choices", ())} <= offered
    shown = {tag.get("value")[1:] for tag in tags.iter() if (tag.get("value") or "").startswith("$")}
    assert shown <= tasks[0]["data"].keys()


def test_every_cell_is_of_its_column_s_type_as_strict_readers_want(judged: Study) -> None:
    """R guesses a column's type from all its cells: one that is of another makes the whole column text."""
    for row in rows_of(exported(judged, revisions=True)):
        assert {row["counts"], row["simulated"], row["after_reveal"]} <= {"true", "false", ""}
        assert all(float(row[name]) >= 0 for name in ("p_yes", "strictness", "seconds", "active_seconds"))
        assert all(int(row[name]) >= 0 for name in ("item", "plausibility", "typicality", "revision"))


def test_label_studio_itself_takes_the_configuration_and_all_its_results(judged: Study, tmp_path: Path) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface", reason=HEAVY).LabelInterface
    call_command("export_judgments", "S", output=tmp_path / "tasks.json", format="label-studio")
    project = interface((tmp_path / "tasks-config.xml").read_text())
    project.validate()
    for task in json.loads((tmp_path / "tasks.json").read_text()):
        assert all(project.validate_annotation(each) for each in task["annotations"])


def test_label_studio_s_converter_reads_the_tasks(judged: Study, tmp_path: Path) -> None:
    converter = pytest.importorskip("label_studio_sdk.converter", reason=HEAVY)
    record, pieces = export_start(study=judged, options=Options(format="label-studio"))
    (tmp_path / "tasks.json").write_bytes(b"".join(pieces))
    made = converter.Converter(manifest(record)["labelling_configuration"], project_dir=str(tmp_path))
    made.convert_to_json_min(str(tmp_path / "tasks.json"), str(tmp_path / "out"), is_dir=False)
    rows = json.loads((tmp_path / "out/result.json").read_text())
    assert len(rows) == len(rows_of(exported(judged)))
    assert {row["plausibility"] for row in rows} == {"Yes", "No"}
