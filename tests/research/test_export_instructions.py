"""Instruction data that is safe to train on: what a benchmark asks is left out, counted, and looked for apart."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from distillation.models import Intention, Product, Run, Verdict
from tests.distillation.builders import finished_run
from tests.research.questions.builders import row, written

pytestmark = pytest.mark.django_db
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


def exported(output: Path, *arguments: object) -> dict:
    out = StringIO()
    call_command("export_instructions", "r1", "--output", str(output), "--json", *map(str, arguments), stdout=out)
    return json.loads(out.getvalue())


def records(folder: Path) -> list[dict]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open()]


def totals(made: dict) -> Counter[str]:
    return sum((Counter(counts) for counts in made["records"]["by_split"].values()), Counter())


def benchmark(tmp_path: Path, rows: list[dict]) -> str:
    return f"intentionqa={written(tmp_path / 'iqa', rows)}"


def of_cobuys(n: int, **changed: object) -> list[dict]:
    """Questions on the run's first co-buys."""
    pairs = Intention.objects.order_by("pk").values_list(
        "cobuy__a__asin", "cobuy__a__title", "cobuy__b__asin", "cobuy__b__title"
    )
    asked = list(dict.fromkeys(pairs))[:n]
    return [
        row(k, **{"item_a_id": a, "item_a_name": x, "item_b_id": b, "item_b_name": y, **changed})
        for k, (a, x, b, y) in enumerate(asked)
    ]


def pairs_taught(folder: Path) -> set[int]:
    cobuys = dict(Intention.objects.values_list("pk", "cobuy"))
    return {cobuys[int(record["id"].split("-")[1])] for record in records(folder)}


def test_no_pair_of_the_benchmark_is_taught(run: Run, tmp_path: Path):
    asked = of_cobuys(6)
    made = exported(tmp_path / "d", "--exclude-benchmark", benchmark(tmp_path, asked))
    assert made["left_out"]["intentionqa: the pair is in the benchmark"] == 12  # two intentions each
    assert len(pairs_taught(tmp_path / "d")) == N - 6
    text = "\n".join(
        record["messages"][0]["content"] for record in records(tmp_path / "d") if "verdict" in record["id"]
    )
    assert not [each for each in asked if each["item_a_name"] in text and each["item_b_name"] in text]
    assert made["excluded_benchmarks"][0]["pairs"] == 6


def test_a_pair_is_unordered_and_found_by_its_titles(run: Run, tmp_path: Path):
    (first,) = of_cobuys(1)
    turned = {
        **first, "item_a_id": "X1", "item_b_id": "X2",
        "item_a_name": f" {first['item_b_name'].upper()} ", "item_b_name": first["item_a_name"],
    }  # fmt: skip
    made = exported(tmp_path / "d", "--exclude-benchmark", benchmark(tmp_path, [turned]))
    assert made["left_out"]["intentionqa: the pair is in the benchmark"] == 2


def test_zeros_in_front_of_an_id_do_not_matter(run: Run, tmp_path: Path):
    a, b = of_cobuys(1)[0]["item_a_id"], of_cobuys(1)[0]["item_b_id"]
    Product.objects.filter(asin=a).update(asin="0594481813")
    asked = row(0, item_a_id="594481813", item_b_id=b, item_a_name="x", item_b_name="y")
    made = exported(tmp_path / "d", "--exclude-benchmark", benchmark(tmp_path, [asked]))
    assert made["left_out"]["intentionqa: the pair is in the benchmark"] == 2


def test_products_are_left_out_on_wish(run: Run, tmp_path: Path):
    (first,) = of_cobuys(1)
    asked = benchmark(tmp_path, [{**first, "item_b_id": "B999999999", "item_b_name": "another"}])
    assert "product" not in str(exported(tmp_path / "d", "--exclude-benchmark", asked)["left_out"])
    made = exported(tmp_path / "e", "--exclude-benchmark", asked, "--exclude-products")
    assert made["left_out"]["intentionqa: a product is in the benchmark"] >= 2


def test_a_text_that_is_an_option_is_left_out(run: Run, tmp_path: Path):
    Intention.objects.filter(pk=Intention.objects.first().pk).update(
        text="They bought both because they are &amp; warm."
    )
    options = {"A": "because they are & warm", "B": "x", "C": "y", "D": "z"}
    made = exported(tmp_path / "d", "--exclude-benchmark", benchmark(tmp_path, [row(0, options=options)]))
    assert made["left_out"]["intentionqa: the text is an option of the benchmark"] == 1


@pytest.mark.parametrize("missing", ["QA_fullInfo_task1.jsonl", "QA_fullInfo_task2.jsonl"])
def test_a_benchmark_with_a_file_missing_writes_nothing(run: Run, tmp_path: Path, missing: str):
    asked = benchmark(tmp_path, of_cobuys(1))
    (tmp_path / "iqa" / missing).unlink()
    with pytest.raises(CommandError, match=f"holds no {missing}"):
        exported(tmp_path / "d", "--exclude-benchmark", asked)
    assert not (tmp_path / "d").exists()


def test_shares_of_tasks(run: Run, tmp_path: Path):
    made = exported(
        tmp_path / "d", "--mix", "understanding=0.2,generation=0.5,utilisation=0.2,verdict=0.1", "--limit", 40
    )
    assert totals(made) == {"understanding": 8, "generation": 20, "utilisation": 8, "verdict": 4}


def test_the_scarcest_task_sets_the_size(run: Run, tmp_path: Path):
    # 40 generations at a share of .8: 50 in all, 10 of them verdicts.
    made = exported(tmp_path / "d", "--mix", "generation=0.8,verdict=0.2")
    assert totals(made) == {"generation": 40, "verdict": 10}


def test_as_many_yes_as_no_unless_told_otherwise(run: Run, tmp_path: Path):
    Intention.objects.filter(pk__in=Intention.objects.filter(relation="isA").values("pk")[:30]).delete()
    answers = Counter(
        record["messages"][1]["content"].split(".")[0]
        for record in records(tmp_path / "d") if record["task"] == "verdict"
    ) if exported(tmp_path / "d", "--splits", "1,0,0") else None  # fmt: skip
    assert answers == {"Yes": 10, "No": 10}
    assert totals(exported(tmp_path / "e", "--all-verdicts"))["verdict"] == 50


def test_relations_in_balance(run: Run, tmp_path: Path):
    Intention.objects.filter(pk__in=Intention.objects.filter(relation="isA").values("pk")[:30]).delete()
    made = exported(tmp_path / "d", "--all-verdicts", "--balance", "relation", "--splits", "1,0,0")
    verdicts = {relation: counts.get("verdict") for relation, counts in made["records"]["by_relation"].items()}
    assert verdicts == {"isA": 10, "usedFor": 10}


def test_no_product_is_in_two_splits(run: Run, tmp_path: Path):
    made = exported(tmp_path / "d", "--split-by", "product", "--splits", "0.5,0.25,0.25")
    assert made["left_out"]["its two products are in two splits"] > 0
    assert made["split_by"] == "product"


def test_the_same_seed_gives_the_same_files(run: Run, tmp_path: Path):
    first = exported(tmp_path / "d", "--limit", 30, "--seed", 3)
    assert exported(tmp_path / "e", "--limit", 30, "--seed", 3)["files"] == first["files"]
    assert exported(tmp_path / "f", "--limit", 30, "--seed", 4)["files"] != first["files"]


@pytest.mark.parametrize(("words", "refusal"), [
    (("--mix", "generation=0.5"), "give shares that add up to 1"),
    (("--mix", "poetry=1"), "of understanding, generation"),
    (("--mix", "generation_with_pictures=1"), "there is no record of this task"),
    (("--limit", 0), "--limit 0"),
    (("--exclude-benchmark", "mmlu=x"), "give intentionqa=DIR"),
    (("--exclude-products",), "of which benchmark"),
])  # fmt: skip
def test_bad_input_is_one_line(run: Run, tmp_path: Path, words: tuple, refusal: str):
    with pytest.raises(CommandError) as told:
        exported(tmp_path / "d", *words)
    assert refusal in str(told.value)
    assert not (tmp_path / "d").exists()


def test_llama_factory_finds_files_and_columns(run: Run, tmp_path: Path):
    """Its documented schema: data/README.md of LLaMA-Factory, "sharegpt" with OpenAI's tags."""
    exported(tmp_path / "d")
    info = json.loads((tmp_path / "d/dataset_info.json").read_text())
    assert set(info) == {"mindsite_train", "mindsite_validation", "mindsite_test"}
    for told in info.values():
        lines = (tmp_path / "d" / told["file_name"]).read_text().splitlines()
        for record in map(json.loads, lines):
            for message in record[told["columns"]["messages"]]:
                assert message[told["tags"]["role_tag"]] in (told["tags"]["user_tag"], told["tags"]["assistant_tag"])
                assert message[told["tags"]["content_tag"]]


def test_axolotl_finds_its_files(run: Run, tmp_path: Path):
    exported(tmp_path / "d")
    text = (tmp_path / "d/axolotl.yaml").read_text()
    paths = [line.split("path: ")[1] for line in text.splitlines() if "path: " in line]
    assert [(tmp_path / "d" / path).is_file() for path in paths] == [True, True]


def test_the_card_counts_what_was_left_out(run: Run, tmp_path: Path):
    exported(tmp_path / "d", "--exclude-benchmark", benchmark(tmp_path, of_cobuys(2)))
    card = (tmp_path / "d/README.md").read_text()
    assert "its 2 pairs" in card
    assert "- 4 x intentionqa: the pair is in the benchmark" in card
