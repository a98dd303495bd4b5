import csv
import errno
import hashlib
import io
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Participant, Study
from distillation.models import Intention, Product, Run, Verdict
from knowledge.exports import parquet, rows
from knowledge.exports.exporting import intentions_export, intentions_stream
from knowledge.exports.selection import Selection
from tests.annotation.builders import different_runs, participant, prefer, preference_study, rate_all, study
from tests.distillation.builders import finished_run
from tests.distillation.data_sets import DEMO, two_data_sets

pytestmark = pytest.mark.django_db

NASTY = '=1+1 "quoted" \\ back\nnew\tline {x} é \u2028 \x01\x02 %s'
COLUMNS = [
    *("id", "run", "backend", "model", "asin_a", "asin_b", "title_a", "title_b", "category_a", "category_b"),
    *("relation", "relation_words", "intention", "verdict", "p_yes", "kept", "reason"),
    *("human_plausible", "n_judgments", "human_label"),
]
TRIPLE = re.compile(
    r'<urn:mindsite:[^\x00-\x20<>"{}|^`\\]+> <[^\x00-\x20<>"{}|^`\\]+> '
    r'(?:<[^\x00-\x20<>"{}|^`\\]+>|"(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4})*"(?:\^\^<[^>]+>)?) \.'
)


@pytest.fixture
def run(db: None) -> Run:
    """3 co-buys x 2 relations; every second of the 6 intentions is kept, the first has a nasty text."""
    made = finished_run(3)
    Intention.objects.filter(pk=Intention.objects.earliest("pk").pk).update(text=NASTY)
    return made


def exported(output: Path, *arguments: str) -> dict:
    out = StringIO()
    call_command("export_intentions", "r1", "--output", str(output), "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def records(folder: Path, *arguments: str) -> list[dict]:
    exported(folder / "k.jsonl", *arguments)
    return [json.loads(line) for line in (folder / "k.jsonl").read_text().split("\n")[:-1]]


def judged(run: Run, **more) -> Study:
    """Of two intentions, the first found plausible by 2 of 3, the second by 0 of 3."""
    made = study(run=run, items=2, overlap=3, **more)
    first, second = made.items.order_by("intention")
    rate_all(made, {first.pk: [(1, 2), (1, 2), (0, 0)], second.pk: [(0, 0)] * 3})
    return made


def test_json_lines_hold_every_column(run: Run, tmp_path: Path) -> None:
    found = records(tmp_path)
    assert list(found[0]) == COLUMNS
    assert [row["id"] for row in found] == list(Intention.objects.order_by("pk").values_list("pk", flat=True))
    first = {name: found[0][name] for name in ("intention", "verdict", "p_yes", "kept", "human_label", "n_judgments")}
    assert first == {"intention": NASTY, "verdict": "yes", "p_yes": 0.9, "kept": True, "human_label": None,
                     "n_judgments": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "n"),
    [(["--kept"], 3), (["--kept", "--threshold", "0.1"], 6), (["--relation", "isA"], 3),
     (["--relation", "isA", "--threshold", "0.95", "--kept"], 0)],
)  # fmt: skip
def test_filters(run: Run, tmp_path: Path, arguments: list[str], n: int) -> None:
    if n:
        assert len(records(tmp_path, *arguments)) == n
    else:
        with pytest.raises(CommandError, match="Run r1 has no intention that these filters let through"):
            exported(tmp_path / "k.jsonl", *arguments)
        assert not list(tmp_path.iterdir())


def test_a_drawn_set_is_as_large_as_the_kept_one_and_always_the_same(run: Run, tmp_path: Path) -> None:
    kept, drawn, again = (rows.Rows(Selection.checked(run="r1", **{name: True})) for name in ("kept", "drawn", "drawn"))
    assert kept.facts().intentions == drawn.facts().intentions > 0
    assert drawn.facts() == again.facts()
    with pytest.raises(CommandError, match="neither"):
        call_command("export_intentions", "r1", "--output", "-", "--kept", "--drawn")


def test_people_have_their_say(run: Run, tmp_path: Path) -> None:
    first, second = judged(run).items.order_by("intention").values_list("intention", flat=True)
    said = {row["id"]: (row["human_plausible"], row["n_judgments"], row["human_label"]) for row in records(tmp_path)}
    assert said[first] == (pytest.approx(2 / 3), 3, "plausible")
    assert said[second] == (0, 3, "implausible")
    assert [row["id"] for row in records(tmp_path, "--human", "plausible")] == [first]
    assert len(records(tmp_path, "--human", "judged")) == 2


def test_simulated_studies_and_excluded_annotators_do_not_count(run: Run, tmp_path: Path) -> None:
    made = judged(run)
    Participant.objects.filter(pk=participant(made, "ann-2").pk).update(state="excluded")
    assert {row["n_judgments"] for row in records(tmp_path)} == {0, 2}
    Study.objects.update(simulated=True)
    assert {row["n_judgments"] for row in records(tmp_path)} == {0}


def test_half_of_the_people_is_no_majority(run: Run, tmp_path: Path) -> None:
    made = study(run=run, items=1, overlap=2)
    rate_all(made, {made.items.get().pk: [(1, 2), (0, 0)]})
    assert [row["human_label"] for row in records(tmp_path) if row["n_judgments"]] == ["tied"]


def test_ranges_of_ids_give_the_same_rows(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = exported(tmp_path / "whole.csv", "--format", "csv")["files"][0]
    monkeypatch.setattr(rows, "RANGE", 2)
    assert exported(tmp_path / "parts.csv", "--format", "csv")["files"][0]["sha256"] == whole["sha256"]
    assert whole["rows"] == 6


def test_csv_cells_are_inert_unless_raw(run: Run, tmp_path: Path) -> None:
    for arguments, text in (([], f"'{NASTY}"), (["--raw"], NASTY)):
        exported(tmp_path / "k.csv", "--format", "csv", *arguments)
        with (tmp_path / "k.csv").open(newline="") as file:
            found = list(csv.DictReader(file))
        assert (found[0]["intention"], found[0]["kept"], found[1]["kept"]) == (text, "true", "false")
        assert list(found[0]) == COLUMNS


def test_parquet_is_a_dataset_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    monkeypatch.setattr(parquet, "ROWS_A_FILE", 4)
    Product.objects.update(category="")
    Verdict.objects.filter(intention=Intention.objects.latest("pk")).delete()
    made = exported(tmp_path / "set", "--format", "parquet")
    # 6 rows, 4 a file: 4 + 2
    assert [(file["name"], file["rows"]) for file in made["files"]] == [
        ("data/train-00000-of-00002.parquet", 4),
        ("data/train-00001-of-00002.parquet", 2),
    ]
    found = pq.read_table(tmp_path / "set/data").to_pylist()
    assert found == records(tmp_path)
    assert (found[0]["category_a"], found[-1]["verdict"], found[-1]["kept"]) == ("", None, None)


def test_the_dataset_card_tells_the_facts(run: Run, tmp_path: Path) -> None:
    exported(tmp_path / "set", "--format", "parquet")
    card = (tmp_path / "set/README.md").read_text()
    assert "the baseline: rules on titles and pixels, no model" in card
    assert "strictness 0.5; 3 of 6 intentions with a verdict are kept (50.0 %)" in card
    assert "| isA | a type of | 3 | 3 |" in card and "| usedFor | used for | 3 | 0 |" in card
    assert "nobody has judged these intentions" in card


def test_the_dataset_card_tells_what_people_said(run: Run, tmp_path: Path) -> None:
    judged(run)
    exported(tmp_path / "set", "--format", "parquet")
    card = (tmp_path / "set/README.md").read_text()
    assert (
        "2 of 6 intentions were judged (33.3 %); 1 of 2 were found plausible by most who judged them (50.0 %)" in card
    )


def test_triples_are_valid(run: Run, tmp_path: Path) -> None:
    Product.objects.filter(asin="B000000000").update(asin="B 0>é")
    exported(tmp_path / "k.nt", "--format", "ntriples")
    lines = (tmp_path / "k.nt").read_text().split("\n")[:-1]
    assert [line for line in lines if not TRIPLE.fullmatch(line)] == []
    (text,) = [line for line in lines if "terms:text" in line and "quoted" in line]
    assert json.loads(text.split(" ", 2)[2].removesuffix(" .")) == NASTY
    assert sum("terms:Product>" in line for line in lines) == 6
    assert sum("<urn:mindsite:product:%42%20%30%3e%c3%a9>" in line for line in lines) == 2 + 2


def test_graph_edges_join_nodes(run: Run, tmp_path: Path) -> None:
    made = exported(tmp_path / "g", "--format", "graph")
    nodes, edges = (
        list(csv.DictReader((tmp_path / "g" / name).open(newline=""))) for name in ("nodes.csv", "edges.csv")
    )
    # 6 products + 6 intentions; 3 co-buys + 2 for each intention
    # in GraphML the nodes and the edges once more
    assert (len(nodes), len(edges), 27) == (12, 15, 27) == tuple(file["rows"] for file in made["files"])
    assert {edge[end] for edge in edges for end in ("source", "target")} == {node["id"] for node in nodes}


def test_networkx_reads_the_graph(run: Run, tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx", reason="networkx is not installed; see requirements-dev.txt")
    exported(tmp_path / "g", "--format", "graph")
    graph = networkx.read_graphml(tmp_path / "g/graph.graphml")
    assert (graph.number_of_nodes(), graph.number_of_edges(), graph.is_directed()) == (12, 15, False)
    first = graph.nodes[f"intention:{Intention.objects.earliest('pk').pk}"]
    # of the text only controls are gone, which XML can't hold
    assert first["label"] == NASTY.replace("\x01\x02", "")
    assert (first["p_yes"], first["kept"], first["relation"]) == (0.9, True, "isA")


def test_the_manifest_stands_beside_the_file(run: Run, tmp_path: Path) -> None:
    made = exported(tmp_path / "k.jsonl", "--kept")
    assert json.loads((tmp_path / "k.jsonl.manifest.json").read_text()) == made
    assert made["files"][0]["sha256"] == hashlib.sha256((tmp_path / "k.jsonl").read_bytes()).hexdigest()
    assert (made["files"][0]["rows"], made["counts"]["intentions"]) == (3, 3)
    assert made["filters"] == {"threshold": 0.5, "kept": True}
    assert {path.name for path in tmp_path.iterdir()} == {"k.jsonl", "k.jsonl.manifest.json"}


@pytest.mark.parametrize("form", ["csv", "parquet", "graph"])
def test_what_breaks_off_leaves_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    def broken_off(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rows.Rows, "copied", broken_off)
    with pytest.raises(KeyboardInterrupt):
        intentions_export(selection=Selection.checked(run="r1"), form=form, output=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.BytesIO):
    def write(self, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_write_that_fails_half_way_ends_the_export(run: Run) -> None:
    """Else the end of the transaction would wait for the COPY, and the COPY for its reader."""
    with pytest.raises(OSError, match="No space left"):
        intentions_stream(selection=Selection.checked(run="r1"), form="csv", to=FullDisk())
    assert Run.objects.filter(name="r1").exists()


def test_a_folder_that_holds_something_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(CommandError, match="is there already; remove it"):
        exported(tmp_path, "--format", "parquet")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["r1", "--output", "/nowhere/k.jsonl"], "/nowhere/k.jsonl can't be written .No such file"),
        (["none", "--output", "-"], "There is no run named none"),
        (["r1", "--output", "-", "--format", "graph"], "--format graph is a folder"),
        (["r1", "--output", "-", "--threshold", "2"], "--threshold 2.0: give a probability from 0 to 1"),
        (["r1", "--output", "-", "--relation", "usedfr"], "Unknown relation 'usedfr'"),
    ],
)
def test_refusals_are_one_line(run: Run, arguments: list[str], line: str) -> None:
    with pytest.raises(CommandError, match=line):
        call_command("export_intentions", *arguments)


def test_standard_output(run: Run, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    call_command("export_intentions", "r1", "--output", "-", "--format", "csv")
    assert capfdbinary.readouterr().out.startswith(",".join(COLUMNS).encode() + b"\n")


def test_what_is_exported_can_be_imported(run: Run, tmp_path: Path) -> None:
    before = records(tmp_path)
    call_command("import_intentions", str(tmp_path / "k.jsonl"), "--run", "again", stdout=StringIO())
    assert Run.objects.get(name="again").intentions.count() == len(before) == 6


def test_an_export_of_one_import_says_so(tmp_path: Path) -> None:
    demo, _ = two_data_sets(tmp_path)
    finished_run()  # 4 co-buys x 2 relations
    made = exported(tmp_path / "k.jsonl", "--imports", str(demo.pk))
    assert (made["counts"]["intentions"], made["filters"]["imports"]) == (2 * 2, [demo.pk])
    lines = [json.loads(line) for line in (tmp_path / "k.jsonl").read_text().splitlines()]
    assert {" ".join(sorted((line["asin_a"], line["asin_b"]))) for line in lines} == DEMO
    with pytest.raises(CommandError, match="There is no import 99999999"):
        exported(tmp_path / "l.jsonl", "--imports", "99999999")
    assert not (tmp_path / "l.jsonl").exists()


def test_a_preference_is_no_label(db: None, tmp_path: Path) -> None:
    # Of two intentions one is better: that says of neither whether it is plausible.
    runs = different_runs(2)
    pairs = preference_study(runs=runs, items=6, overlap=1)
    who = participant(pairs)
    for _ in range(6):
        prefer(who)
    call_command("export_intentions", "run-a", "--output", str(tmp_path / "a.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert {(row["n_judgments"], row["human_label"]) for row in rows} == {(0, None)}
