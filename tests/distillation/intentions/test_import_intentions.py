import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from distillation.intentions.records import intention_text
from distillation.intentions.relation_names import relation_code
from distillation.models import CoBuy, Intention, Product, Run, RunCoBuy, Verdict
from distillation.runs.reports import run_counts, run_progress
from tests.distillation.builders import cobuys, product, run

pytestmark = pytest.mark.django_db

SHARED = Path(__file__).parents[4] / "shared/data/intentionqa"
HEADER = "id,asin_a,asin_b,relation,text,verdict,p_yes,reason\n"
A, B, C, D = (f"B{i:09d}" for i in range(4))


@pytest.fixture
def catalog(db: None) -> list[CoBuy]:
    """Co-buys A + B and C + D."""
    return cobuys(2)


def imported(path: Path, *arguments: str, name: str = "foreign") -> dict:
    out = StringIO()
    call_command("import_intentions", str(path), "--run", name, "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def file(folder: Path, text: str, name: str = "i.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def refused(path: Path, *arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        imported(path, *arguments)
    assert not Run.objects.filter(name="foreign").exists()
    return str(error.value)


def test_its_page_says_that_it_was_made_elsewhere(catalog: list[CoBuy], tmp_path: Path, as_researcher: Client) -> None:
    imported(file(tmp_path, HEADER + f"1,{A},{B},usedFor,They cook,,,\n"))
    page = as_researcher.get("/runs/foreign/").content.decode()
    assert "1 intention of 1 co-buy, made elsewhere" in page and "0 of 1 intentions came with a verdict" in page
    assert "They cook." in page
    assert all(f">{word}<" not in page for word in ("Rate", "Prices", "Sampling", "Strictness"))


def test_rows_become_a_finished_run(catalog: list[CoBuy], tmp_path: Path) -> None:
    rows = f"1,{A},{B},usedFor,They cook,yes,0.75,Both fit.\n2,{D},{C},isA,They sew.,,,\n"
    account = imported(file(tmp_path, HEADER + rows), "--model", "gpt")
    made = Run.objects.get(name="foreign")
    assert (made.backend, made.model, made.state, made.config["relations"]) == (
        *("imported", "gpt", "done"),
        ["isA", "usedFor"],
    )
    assert list(Intention.objects.order_by("pk").values_list("cobuy", "relation", "sample", "text", "raw_reply")) == [
        (catalog[0].pk, "usedFor", 0, "They cook.", "They cook"),
        (catalog[1].pk, "isA", 0, "They sew.", "They sew."),
    ]
    assert list(Verdict.objects.values_list("yes", "p_yes", "reason")) == [(True, 0.75, "Both fit.")]
    assert (account["rows"], account["written"], account["verdicts"]) == (2, 2, 1)


def test_several_of_one_cobuy_and_relation_become_samples(catalog: list[CoBuy], tmp_path: Path) -> None:
    rows = f"1,{A},{B},isA,One,,,\n2,{B},{A},isA,Two,,,\n3,{A},{B},isA,One,,,\n4,{A},{B},isA,One,yes,,\n"
    account = imported(file(tmp_path, HEADER + rows))
    assert list(Intention.objects.order_by("sample").values_list("sample", "text")) == [(0, "One."), (1, "Two.")]
    # 4 rows = 2 written + 1 word for word + 1 with a verdict that the first has not
    assert account["left_out"] == {"repeated word for word": 1, "repeated with another verdict": 1}


def test_what_the_catalog_does_not_know_is_left_out_by_reason(catalog: list[CoBuy], tmp_path: Path) -> None:
    pairs = [(A, B), (A, C), (A, "UNKNOWN"), (A, A), (A, "")]
    account = imported(file(tmp_path, HEADER + "".join(f"1,{a},{b},isA,Why,,,\n" for a, b in pairs)))
    assert account["left_out"] == {
        "a product is not in the catalog": 1,
        "the products are no co-buy of the catalog": 1,
        "a product paired with itself": 1,
        "an ASIN is missing or has other signs than letters, digits, hyphens and underscores": 1,
    }
    assert account["rows"] == 5 == account["written"] + 4


def test_create_makes_products_without_picture(tmp_path: Path) -> None:
    header = "asin_a,asin_b,title_a,title_b,category_b,relation,text\n"
    account = imported(file(tmp_path, header + "X1,X2,Radio &amp; more,,Toys,isA,Why\n"), "--create")
    assert list(Product.objects.order_by("asin").values_list("asin", "title", "category", "picture")) == [
        ("X1", "Radio & more", "", None),
        ("X2", "X2", "Toys", None),
    ]
    assert (account["products_created"], account["cobuys_created"], account["written"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("name", "code"),
    [("UsedFor", "usedFor"), ("propertOf", "propertyOf"), ("other", "open"), ("all", "open"), ("xWant", "cause"),
     ("causeEffect", "cause"), ("derived_from", "deriveFrom"), ("likes", None)],
)  # fmt: skip
def test_relation_names_of_other_releases(name: str, code: str | None) -> None:
    assert relation_code(name) == code


def test_mapped_and_unknown_relations_are_reported(catalog: list[CoBuy], tmp_path: Path) -> None:
    rows = "".join(f"1,{A},{B},{name},Why {name},,,\n" for name in ("other", "isA", "likes"))
    account = imported(file(tmp_path, HEADER + rows))
    assert account["relations_mapped"] == {"other -> open": 1}
    assert account["left_out"] == {'a relation that is not known: "likes"': 1}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("PersonX bought a product of Item A and a product of Item B because they sew.", "They sew."),
        ("PersonX bought a product of Item A and a product of Item B as a result, the", "As a result, the."),
        ('He bought a product of "X" and a product of "Y" because they are &quot;red&quot;', 'They are "red".'),
        ("They bought both because they can cook", "They can cook."),
    ],
)
def test_a_foreign_lead_does_not_give_the_source_away(raw: str, text: str) -> None:
    assert intention_text(raw) == text


def test_mind_release(catalog: list[CoBuy], tmp_path: Path) -> None:
    header = "id_a,id_b,Product_a,Product_b,Relation,product_a_desc,product_b_desc,Intention,tail,Agreement\n"
    rows = f'{A},{B},T,U,propertOf,d,e,"They\n\nsew",t,"Yes. Both, sure."\n{C},{D},T,U,can,d,e,They cook,t,Perhaps\n'
    account = imported(file(tmp_path, header + rows))
    assert (account["format"], account["verdicts"], account["verdicts_unreadable"]) == ("mind", 1, 1)
    verdict = Verdict.objects.select_related("intention").get()
    assert (verdict.yes, verdict.reason, verdict.raw_reply) == (True, "Both, sure.", "Yes. Both, sure.")
    assert (verdict.intention.relation, verdict.intention.text) == ("propertyOf", "They sew.")


def test_folkscope(catalog: list[CoBuy], tmp_path: Path) -> None:
    header = "item_a_id,item_b_id,item_a_name,item_b_name,relation,assertion,plausibility,typicality\n"
    account = imported(file(tmp_path, header + f"{A},{B},T,U,hasA,He bought both,0.9,0.8\n"))
    assert (account["format"], account["columns_not_read"]) == ("folkscope", ["plausibility", "typicality"])
    assert Run.objects.get(name="foreign").model == "FolkScope"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the IntentionQA files are not here (../shared/data/intentionqa)")
def test_intentionqa_as_released() -> None:
    call_command("import_catalog", str(SHARED / "products.csv"), "--format", "csv",
                 "--cobuys", str(SHARED / "cobuy.csv"), stdout=StringIO())  # fmt: skip
    account = imported(SHARED / "intentions.csv")
    # 145 other and 71 all, of 1,400
    assert account["relations_mapped"] == {"other -> open": 145, "all -> open": 71}
    assert (account["format"], account["rows"]) == ("intentionqa", 1400)
    assert account["written"] + sum(account["left_out"].values()) == 1400
    assert not Intention.objects.filter(text__icontains="PersonX").exists()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the IntentionQA files are not here (../shared/data/intentionqa)")
def test_intentionqa_questions_as_released() -> None:
    account = imported(SHARED / "QA_fullInfo_task2.jsonl", "--create")
    assert (account["format"], account["written"] > 1000) == ("intentionqa", True)
    assert not Product.objects.filter(title__contains="&amp;").exists()


def test_gzipped_json_lines(catalog: list[CoBuy], tmp_path: Path) -> None:
    lines = [{"asin_a": A, "asin_b": B, "relation": "isA", "text": "One"}]
    lines.append({**lines[0], "text": "Two", "verdict": False, "p_yes": 0.25, "tags": ["x"]})
    path = tmp_path / "i.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    assert imported(path)["written"] == 2
    assert list(Verdict.objects.values_list("yes", "p_yes")) == [(False, 0.25)]


def test_the_same_file_again_changes_nothing(catalog: list[CoBuy], tmp_path: Path) -> None:
    path = file(tmp_path, HEADER + f"1,{A},{B},isA,Why,no,0.1,Too dear\n")
    imported(path)
    before = Intention.objects.get().pk
    assert imported(path)["unchanged"]
    assert Intention.objects.get().pk == before


def test_another_file_under_the_same_name_is_refused(catalog: list[CoBuy], tmp_path: Path) -> None:
    imported(file(tmp_path, HEADER + f"1,{A},{B},isA,Why,,,\n"))
    with pytest.raises(CommandError, match="Run foreign exists and holds other intentions"):
        imported(file(tmp_path, HEADER + f"1,{A},{B},isA,Why,yes,,\n", "j.csv"))
    assert not Verdict.objects.exists()


def test_the_name_of_a_run_of_our_own_is_refused(catalog: list[CoBuy], tmp_path: Path) -> None:
    run("foreign")
    with pytest.raises(CommandError, match="Run foreign exists and holds what baseline has made"):
        imported(file(tmp_path, HEADER + f"1,{A},{B},isA,Why,,,\n"))


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("1,A,B,isA,Why,yes,1.5,", "i.csv, line 3: p_yes 1.5 is no number from 0 to 1"),
        ("1,A,B,isA,Why,yes,nan,", "i.csv, line 3: p_yes nan is no number from 0 to 1"),
        ("1,A,B,isA,Why,maybe,,", 'i.csv, line 3: the verdict "maybe" is neither yes nor no'),
        ("1,A,B,isA,Wh\0y,,,", "i.csv, line 3: a NUL byte"),
        ("1,A,B,isA,Why", "i.csv, line 3: the header has 8 cells, this row 5"),
        ('1,A,B,isA,"Why,,,', "i.csv, line 3: not readable as CSV"),
        (f"1,A,B,isA,{'x' * 1_000_001},,,", "i.csv, line 3: more than 1,000,000 bytes"),
    ],
    ids=["p over 1", "p nan", "verdict", "nul", "short row", "open quote", "huge line"],
)
def test_bad_csv_is_one_line_with_its_number(catalog: list[CoBuy], tmp_path: Path, row: str, line: str) -> None:
    assert refused(file(tmp_path, f"{HEADER}1,{A},{B},isA,Why,,,\n{row}\n")).startswith(line)
    assert not Intention.objects.exists()


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ('{"asin_a": "\\ud800"}', "i.csv, line 2: not JSON in UTF-8"),
        ('{"asin_a": "a\\u0000"}', "i.csv, line 2: a NUL sign"),
        ('["a"]', "i.csv, line 2: not a JSON object"),
    ],
)
def test_bad_json_is_one_line_with_its_number(catalog: list[CoBuy], tmp_path: Path, row: str, line: str) -> None:
    good = json.dumps({"asin_a": A, "asin_b": B, "relation": "isA", "text": "Why"})
    assert refused(file(tmp_path, f"{good}\n{row}\n")).startswith(line)


def test_columns_that_are_missing_or_misspelt(tmp_path: Path) -> None:
    assert "line 1: no column relation (there: asin_a, asin_b, text)" in refused(
        file(tmp_path, "asin_a,asin_b,text\nA,B,Why\n")
    )
    assert "line 1: column p_yess is not known; write p_yes" in refused(
        file(tmp_path, "asin_a,asin_b,relation,text,p_yess\nA,B,isA,Why,1\n")
    )


def test_truncated_gzip_leaves_nothing(catalog: list[CoBuy], tmp_path: Path) -> None:
    path = tmp_path / "i.csv.gz"
    rows = "".join(f"{i},{A},{B},isA,Why {i * 7919 % 9973},,,\n" for i in range(20_000))
    path.write_bytes(gzip.compress((HEADER + rows).encode())[:-5000])
    assert "ends in the middle of its compressed data" in refused(path)


def test_nothing_to_write_says_why(tmp_path: Path) -> None:
    assert refused(file(tmp_path, HEADER + f"1,{A},{B},isA,Why,,,\n")) == (
        "None of 1 rows can be imported (1 x a product is not in the catalog); import the catalog first, or make the "
        "products with --create"
    )


def test_the_runs_figures_add_up(catalog: list[CoBuy], tmp_path: Path, as_researcher: Client) -> None:
    rows = f"1,{A},{B},isA,One,yes,,\n2,{A},{B},isA,Two,no,,\n3,{C},{D},can,Three,,,\n"
    imported(file(tmp_path, HEADER + rows))
    made = Run.objects.get(name="foreign")
    # 3 intentions = 2 with a verdict + 1 whose verdict the file does not hold
    counts, progress = run_counts(made), run_progress(made)
    assert (counts.units, counts.verdicts, counts.owed, progress.unaccounted, progress.kept) == (3, 2, 1, 0, 1)
    assert RunCoBuy.objects.count() == 2
    for page in ("/runs/", "/runs/foreign/"):
        assert as_researcher.get(page).status_code == 200


def test_a_product_known_already_keeps_its_title(tmp_path: Path) -> None:
    product("X1", "Known")
    header = "asin_a,asin_b,title_a,title_b,relation,text\n"
    imported(file(tmp_path, header + "X1,X2,Other,New,isA,Why\n"), "--create")
    assert list(Product.objects.order_by("asin").values_list("title", flat=True)) == ["Known", "New"]
