"""`manage.py agreement`: any long CSV in, every coefficient out, bad input in one line."""

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.ratings import RATINGS, REFERENCES

BASE = Path(__file__).resolve().parents[3]

# Item a: yes, yes. b: yes, no. c: no, no. Two of three pairs agree; three labels yes, three no.
YES_NO = "item,annotator,label\na,x,yes\na,y,yes\nb,x,yes\nb,y,no\nc,x,no\nc,y,no\n"
KEYS = {
    *("items", "annotators", "labels", "pairable_items", "percent_agreement", "fleiss_kappa", "krippendorff_alpha"),
    *("gwet_ac1", "gwet_ac2", "prevalence", "repeated_labels"),
}


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes, name: str = "ratings.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


def report(path: str, level: str = "nominal", *options: str) -> dict:
    out = io.StringIO()
    call_command("agreement", path, "--level", level, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def refusal(path: str, level: str = "nominal", *options: str) -> str:
    with pytest.raises(CommandError) as refused:
        report(path, level, *options)
    line = str(refused.value)
    assert "\n" not in line
    return line


def leaves(part: dict) -> list[dict]:
    return [part] if "value" in part else [leaf for each in part.values() for leaf in leaves(each)]


def test_every_coefficient(written):
    figures = report(written(YES_NO))
    assert figures.keys() == KEYS
    assert [figures[key] for key in ("items", "annotators", "labels", "pairable_items")] == [3, 2, 6, 3]
    assert figures["percent_agreement"]["pooled"]["value"] == pytest.approx(2 / 3)
    # Shares are one half each, so chance is 1/2 for κ and for AC1: (2/3 - 1/2) / (1 - 1/2) = 1/3.
    assert figures["fleiss_kappa"]["value"] == figures["gwet_ac1"]["value"] == pytest.approx(1 / 3)
    # α = 1 - (1 - 1/6)(1 - 1/3) = 1 - 5/6 · 2/3 = 4/9
    assert figures["krippendorff_alpha"]["nominal"]["value"] == pytest.approx(4 / 9)
    assert {name: leaf["value"] for name, leaf in figures["prevalence"].items()} == {"no": 0.5, "yes": 0.5}


def test_every_leaf_has_a_value_or_a_reason(written):
    figures = report(written(YES_NO))
    for leaf in leaves({key: part for key, part in figures.items() if isinstance(part, dict)}):
        assert {"value", "ci95"} <= leaf.keys()
        assert leaf["value"] is not None or leaf["reason"]


def test_names_have_no_order(written):
    figures = report(written(YES_NO))
    ordered = [figures["krippendorff_alpha"]["ordinal"], figures["krippendorff_alpha"]["interval"]]
    for leaf in [*ordered, *figures["gwet_ac2"].values()]:
        assert (leaf["value"], leaf["reason"]) == (None, "the categories have no order")


def test_ordinal_labels_have_no_distances(written):
    rows = written("item,annotator,label\na,x,1\na,y,1\nb,x,1\nb,y,10\nc,x,2\nc,y,10\n")
    ordinal, interval = report(rows, "ordinal"), report(rows, "interval")
    assert ordinal["krippendorff_alpha"]["interval"]["reason"] == "the categories have an order, but no distances"
    assert ordinal["krippendorff_alpha"]["ordinal"] == interval["krippendorff_alpha"]["ordinal"]
    assert ordinal["gwet_ac2"]["linear"]["value"] != interval["gwet_ac2"]["linear"]["value"]  # 1 2 3 or 1 2 10


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_numbers_are_in_the_order_of_their_size(written, level):
    figures = report(written("item,annotator,label\na,x,10\na,y,2\nb,x,9\nb,y,9\n"), level)
    assert list(figures["prevalence"]) == ["2", "9", "10"]


def test_a_number_written_in_two_ways_is_one_category(written):
    rows = written("item,annotator,label\na,x,1\na,y,1.0\nb,x, 2\nb,y,2\n")
    assert list(report(rows, "interval")["prevalence"]) == ["1", "2"]


def test_the_first_label_of_an_annotator_on_an_item_counts(written):
    figures = report(written(YES_NO + "a,x,no\na,x,maybe\n"))
    assert figures.pop("repeated_labels") == 2
    first = report(written(YES_NO))
    assert first.pop("repeated_labels") == 0
    assert figures == first


def test_empty_labels_are_no_judgments(written):
    assert report(written(YES_NO + "d,z,\nd,x,  \n,,\n\n")) == report(written(YES_NO))


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + YES_NO,
        YES_NO.replace("\n", "\r\n"),
        YES_NO.rstrip("\n"),
        "\n" + YES_NO,
        "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in YES_NO.splitlines()),
        "".join(",".join(["odd, \u2028", *reversed(line.split(","))]) + "\n" for line in YES_NO.splitlines()).replace(
            "odd, \u2028", '"odd, \u2028\n"'
        ),
        gzip.compress(YES_NO.encode(), mtime=0),
    ],
    ids=["BOM", "CRLF", "no last line end", "blank first line", "quotes", "other order and columns", "gzip"],
)
def test_ways_to_write_a_csv(written, content):
    assert report(written(content)) == report(written(YES_NO, "plain.csv"))


def test_columns_by_other_names(written):
    rows = written(YES_NO.replace("item,annotator,label", "id,who,plausibility"))
    options = ("--item", "id", "--annotator", "who", "--label", "plausibility")
    assert report(rows, "nominal", *options) == report(written(YES_NO, "plain.csv"))


def test_without_a_database_and_from_standard_input(tmp_path):
    environment = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/x", "MINDSITE_VAR": str(tmp_path)}
    out = subprocess.run(
        [sys.executable, "manage.py", "agreement", "-", "--level", "nominal"],
        cwd=BASE,
        env=os.environ | environment | {"DJANGO_SETTINGS_MODULE": "mindsite.settings"},
        input=YES_NO.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "standard input: 3 items, 2 annotators, 6 labels" in out
    assert "Fleiss κ                              0.3333" in out


@pytest.mark.parametrize("name", ["krippendorff2011", "gwet4raters", "fleiss1971", "barzan", "adult2_ten"])
def test_reference_ratings(name):
    reference = REFERENCES[f"{name}.csv"]
    figures = report(str(RATINGS / f"{name}.csv"), "interval")
    for level, alpha in reference["krippendorff_alpha"].items():
        assert figures["krippendorff_alpha"][level]["value"] == pytest.approx(alpha, abs=1e-6)
    for scale in reference["irrCAC"].keys() & figures["gwet_ac2"].keys():
        expected = reference["irrCAC"][scale]["AC2"]["value"]
        assert figures["gwet_ac2"][scale]["value"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("label", ["good", "nan", "inf", "1e400", "3;4"])
def test_a_label_that_is_no_number(written, label):
    line = refusal(written(f"item,annotator,label\na,x,1\na,y,{label}\n"), "ordinal")
    assert f"ratings.csv: line 3: {label} is not a number" in line


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty; the first line must name the columns item, annotator, label"),
        ("item,annotator,label\n", "there is no label in the column label"),
        (
            YES_NO.replace("label", "rating", 1),
            "the column label is missing among item, annotator, rating; name another",
        ),
        (YES_NO.replace("item", "label", 1), "the column item is missing among label, annotator, label"),
        (YES_NO + "d,x\n", "line 8 has fewer columns than the header"),
        (YES_NO + ",x,no\n", "a label has no item or no annotator"),
        (YES_NO + 'd,x,"no\n', "line 8 is not CSV (unexpected end of data); is a quote left open?"),
        (YES_NO + 'd,"' + "x" * 200_000 + '",no\n', "line 8 is not CSV (field larger than field limit (131072))"),
        (YES_NO.encode() + b"d,x,n\xf8\n", "line 8: the byte 0xf8 is not UTF-8; save the file as CSV in UTF-8"),
        (YES_NO.encode("utf-16"), "there is a NUL byte, as in UTF-16"),
        (b"a," * 600_000, "there is a line of more than 1,048,576 bytes"),
        (gzip.compress(YES_NO.encode(), mtime=0)[:-9], "the packed file is damaged"),
    ],
)
def test_bad_input_is_one_line(written, content, says):
    assert f"ratings.csv: {says}" in refusal(written(content))


def test_a_text_column_by_mistake(written):
    rows = "".join(f"{n},x,text {n}\n" for n in range(1_001))
    line = refusal(written("item,annotator,label\n" + rows))
    assert "ratings.csv: there are more than 1,000 different labels, as of text" in line


def test_a_file_that_is_not_there_and_a_directory(tmp_path):
    assert "can't be read (No such file or directory)" in refusal(str(tmp_path / "none.csv"))
    assert "can't be read (Is a directory)" in refusal(str(tmp_path))
