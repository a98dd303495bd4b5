import json
from collections import Counter
from io import StringIO
from pathlib import Path
from string import Formatter

import pytest
from django.core.management import CommandError, call_command

from distillation.models import CoBuy, Intention, Product, Run, Verdict
from knowledge.instructions.phrasings import PLACEHOLDERS, Phrasings, wording
from knowledge.instructions.records import OTHERS_HELD, Pair, Texts
from tests.annotation.builders import show_pictures
from tests.distillation.builders import finished_run

N = 40


@pytest.fixture(scope="module")
def run_once(module_db: None) -> Run:
    """40 co-buys x (isA kept, usedFor rejected)."""
    made = finished_run(N)
    Verdict.objects.filter(yes=False).update(reason="Too dear.")
    return made


@pytest.fixture
def run(db: None, run_once: Run) -> Run:
    return Run.objects.get(pk=run_once.pk)


def exported(output: Path, *arguments: str) -> dict:
    out = StringIO()
    call_command("export_instructions", "r1", "--output", str(output), "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def records(folder: Path, split: str = "*") -> list[dict]:
    return [json.loads(line) for path in sorted(folder.rglob(f"{split}.jsonl")) for line in path.open()]


def of_task(folder: Path, task: str) -> list[dict]:
    return [record for record in records(folder) if record["task"] == task]


def test_other_texts_are_of_other_pairs_in_other_words_each_once() -> None:
    held, (a, b, c) = Texts(), (Pair.of(name, "Cap") for name in "abc")
    for pair, text in ((a, "one"), (b, "two"), (b, "one"), (c, "two")):
        held.add(pair, text)
    assert list(held.others(a, "three")) == ["two", "one"]
    assert list(held.others(Pair.of("d", "Cap"), "one")) == ["two"]


def test_only_the_last_texts_are_held() -> None:
    held, pair = Texts(), Pair.of("a", "b")
    for n in range(OTHERS_HELD + 2):
        held.add(pair, str(n))
    assert list(held.others(Pair.of("c", "d"), "0")) == [str(n) for n in range(2, OTHERS_HELD + 2)]


@pytest.mark.parametrize("task", PLACEHOLDERS)
def test_each_phrasing_holds_what_its_task_gives(task: str) -> None:
    for text in Phrasings.load().by_task[task]:
        assert {name for _, name, _, _ in Formatter().parse(text) if name} == PLACEHOLDERS[task]


def test_records_are_chats(run: Run, tmp_path: Path) -> None:
    exported(tmp_path / "d")
    for record in records(tmp_path / "d"):
        assert list(record) == ["id", "task", "messages"]  # text models refuse a key `images`, even of nothing
        assert [message["role"] for message in record["messages"]] == ["user", "assistant"]
    ids = Counter(record["id"] for record in records(tmp_path / "d"))
    assert set(ids.values()) == {1}


def test_only_kept_intentions_are_taught_and_both_verdicts(run: Run, tmp_path: Path) -> None:
    made = exported(tmp_path / "d", "--splits", "1,0,0")
    # 40 kept and 40 rejected; the first three co-buys have too few others beside them to choose from
    assert made["records"]["by_split"]["train"] == {
        "understanding": N - 3,
        "generation": N,
        "utilisation": N - 3,
        "verdict": 2 * N,
    }
    assert set(made["records"]["by_relation"]["usedFor"]) == {"verdict"}
    answers = Counter(record["messages"][1]["content"].split(".")[0] for record in of_task(tmp_path / "d", "verdict"))
    assert answers == {"Yes": N, "No": N}


def test_the_answer_is_the_intention_asked_for(run: Run, tmp_path: Path) -> None:
    exported(tmp_path / "d")
    intentions = dict(Intention.objects.values_list("pk", "text"))
    for record in of_task(tmp_path / "d", "understanding"):
        asked, answered = (message["content"] for message in record["messages"])
        options = [line for line in asked.splitlines() if line[:3] in ("A. ", "B. ", "C. ", "D. ")]
        text = intentions[int(record["id"].removeprefix("understanding-"))]
        assert len(set(options)) == 4 and answered in options and answered[3:] == text


def test_no_cobuy_is_in_two_splits(run: Run, tmp_path: Path) -> None:
    exported(tmp_path / "d", "--splits", "0.4,0.3,0.3")
    cobuy = dict(Intention.objects.values_list("pk", "cobuy"))
    found = [{cobuy[int(r["id"].split("-")[1])] for r in records(tmp_path / "d", split)}
             for split in ("train", "validation", "test")]  # fmt: skip
    assert sum(map(len, found)) == len(set.union(*found)) == N


def test_wrong_options_come_from_the_same_split(run: Run, tmp_path: Path) -> None:
    exported(tmp_path / "d", "--splits", "0.5,0.25,0.25")
    own = {split: {r["messages"][1]["content"] for r in records(tmp_path / "d", split) if r["task"] == "generation"}
           for split in ("train", "validation", "test")}  # fmt: skip
    for split, texts in own.items():
        for record in records(tmp_path / "d", split):
            if record["task"] == "understanding":
                options = [line[3:] for line in record["messages"][0]["content"].splitlines() if line[1:3] == ". "]
                assert set(options) <= texts


def test_products_of_the_same_title_stay_in_one_split(run: Run, tmp_path: Path) -> None:
    Product.objects.filter(pk__in=[cobuy.a_id for cobuy in CoBuy.objects.all()]).update(title="Cap")
    Product.objects.exclude(title="Cap").update(title="  HAT ")
    made = exported(tmp_path / "d", "--splits", "0.4,0.3,0.3")
    assert sum(bool(counts) for counts in made["records"]["by_split"].values()) == 1


def test_the_seed_decides(run: Run, tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("again", "1"), ("two", "2")):
        exported(tmp_path / name, "--seed", seed)
    assert records(tmp_path / "one") == records(tmp_path / "again") != records(tmp_path / "two")


def test_repeated_words_are_taught_once(run: Run, tmp_path: Path) -> None:
    first, second = Intention.objects.order_by("pk")[:2]
    Intention.objects.filter(pk=second.pk).update(text=first.text)
    made = exported(tmp_path / "d", "--all-verdicts")
    assert made["left_out"]["the same words for the same titles"] == 1
    assert sum(counts["verdict"] for counts in made["records"]["by_split"].values()) == 2 * N - 1


def test_a_threshold_against_the_verdict_leaves_its_reason_out(run: Run, tmp_path: Path) -> None:
    made = exported(tmp_path / "d", "--threshold", "0.1", "--splits", "1,0,0", "--all-verdicts")
    # all 80 are kept at 0.1; the 40 with verdict no keep their texts and lose their reasons
    assert made["records"]["by_split"]["train"]["generation"] == 2 * N
    assert made["records"]["by_split"]["train"]["verdict"] == N


def test_pictures_come_along(run: Run, tmp_path: Path) -> None:
    show_pictures()
    Product.objects.filter(pk=Product.objects.earliest("pk").pk).update(picture=None, title="<image> Cap")
    made = exported(tmp_path / "d", "--with-images")
    assert made["left_out"]["generation_with_pictures: a picture is missing"] == 1
    found = of_task(tmp_path / "d", "generation_with_pictures")
    assert len(found) == N - 1
    for record in found:
        content, names = record["messages"][0]["content"], record["images_file_names"]
        assert [part["type"] for part in content] == ["image", "image", "text"] and len(names) == 2
        assert "<image>" not in content[2]["text"]
    assert all(type(record["messages"][0]["content"]) is str for record in of_task(tmp_path / "d", "generation"))
    files = {file["name"]: file["rows"] for file in made["files"] if "with_pictures" in file["name"]}
    assert sum(files.values()) == N - 1
    for name in files:
        lines = [json.loads(line) for line in (tmp_path / "d" / name).open()]
        assert all(
            (tmp_path / "d" / name).with_name(each).stat().st_size for r in lines for each in r["images_file_names"]
        )


@pytest.mark.parametrize("splits", ["0.8,0.1", "0.8,0.1,0.2", "1.2,-0.1,-0.1", "a,b,c", "nan,0,1"])
def test_splits_must_add_up(run: Run, tmp_path: Path, splits: str) -> None:
    with pytest.raises(CommandError, match="give three shares for train, validation, test that add up to 1"):
        exported(tmp_path / "d", "--splits", splits)


def test_counts_are_printed(run: Run, tmp_path: Path) -> None:
    out = StringIO()
    call_command("export_instructions", "r1", "--output", str(tmp_path / "d"), "--splits", "1,0,0", stdout=out)
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert lines[0] == ["Split", "generation", "understanding", "utilisation", "verdict"]
    assert ["train", "40", "37", "37", "80"] in lines and ["usedFor", "0", "0", "0", "40"] in lines


def test_trl_reads_the_tasks_with_pictures(run: Run, tmp_path: Path) -> None:
    """Its reader wants as many placeholders as pictures, and fills them in their order."""
    datasets = pytest.importorskip("datasets", reason="datasets is too heavy for every machine that runs the tests")
    data_utils = pytest.importorskip("trl.data_utils", reason="trl is too heavy for every machine that runs the tests")
    show_pictures()
    exported(tmp_path / "d", "--with-images", "--splits", "1,0,0")
    folder = str(tmp_path / "d/with_pictures")
    found = datasets.load_dataset("imagefolder", data_dir=folder, split="train", cache_dir=str(tmp_path / "c"))
    messages = data_utils.prepare_multimodal_messages(found[0]["messages"], images=found[0]["images"])
    assert [image.size for image in found[0]["images"]] == [(60, 40), (60, 40)]
    assert [part["type"] for part in messages[0]["content"]] == ["image", "image", "text"]
    assert messages[0]["content"][0]["image"].size == (60, 40)


def test_a_wording_says_what_its_text_formatted_does() -> None:
    text, given = "100 % {{of}} {title_a}: {options}%s", {"title_a": "a {b} %d", "options": "A. 1"}
    assert wording(text)(given) == text.format_map(given) == "100 % {of} a {b} %d: A. 1%s"
