import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image
from pytest_django import Settings

from distillation.models import CatalogImport, Product
from tests.distillation.catalog.files import item_2018, write_json

pytestmark = pytest.mark.django_db

FILL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON distillation_product FOR EACH ROW EXECUTE FUNCTION full_disk();
ALTER TABLE distillation_product ENABLE ALWAYS TRIGGER full_disk
"""


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_catalog", *map(str, arguments), "--format", "csv", stdout=out)
    return out.getvalue()


def test_summary_lines_add_up(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\nB02,Cap\n")
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB01,B02\n")
    assert run(tmp_path / "p.csv", "--cobuys", tmp_path / "c.csv").splitlines() == [
        "Product lines: 2 = 2 new + 0 updated + 0 unchanged + 0 left out",
        "Co-buy candidates: 1 = 1 new + 0 already there + 0 left out",
        f"These are import {(number := CatalogImport.objects.get().pk)}: distill --imports {number} takes its co-buys",
    ]


def test_the_fields_that_make_cobuys_are_those_of_the_format(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", item_2018("B01"))
    words = r"^Files of amazon-2018 have no field bought_together; they have also_bought$"
    with pytest.raises(CommandError, match=words):
        call_command("import_catalog", str(path), "--format", "amazon-2018", "--cobuy-fields", "bought_together")
    with pytest.raises(CommandError, match="there is no field x; known are also_bought, bought_together, buy"):
        call_command("import_catalog", str(path), "--format", "amazon-2018", "--cobuy-fields", "x")


def test_json_is_one_object(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\n")
    assert json.loads(run(tmp_path / "p.csv", "--json"))["products_new"] == 1


def test_several_files_are_one_import(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\n")
    (tmp_path / "q.csv").write_text("asin,title\nB01,Cap\n")
    with pytest.raises(CommandError, match=r'q.csv, line 2: B01 has the title "Cap", but on p.csv, line 2 "Radio"'):
        run(tmp_path / "p.csv", tmp_path / "q.csv")
    assert not Product.objects.exists()


def test_images_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere is no folder; give --images the folder of the pictures"):
        run(tmp_path / "p.csv", "--images", tmp_path / "nowhere")


def test_pictures_that_cannot_be_written_end_the_import(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "p.csv"  # a file where the folder should be
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\n")
    Image.new("RGB", (90, 90)).save(tmp_path / "B01.png")
    with pytest.raises(CommandError, match="mend that, then run the same command again and it goes on where it was"):
        run(tmp_path / "p.csv", "--images", tmp_path)
    settings.MEDIA_ROOT = tmp_path / "media"
    run(tmp_path / "p.csv", "--images", tmp_path)
    assert Product.objects.get().picture is not None
    assert CatalogImport.objects.get().state == "done"


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_numbers_are_from_1_on(tmp_path: Path, number: str) -> None:
    with pytest.raises(CommandError, match=f"{number} is no whole number from 1 on"):
        run(tmp_path / "p.csv", f"--sample={number}")


def test_a_wrong_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"parent_asin": "B01", "title": "Cap"}')
    with pytest.raises(CommandError, match=r"^p.json looks like amazon-2023, not csv: give --format amazon-2023$"):
        run(tmp_path / "p.json")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"p.csv: No such file or directory; give the path of a readable file$"):
        run(tmp_path / "p.csv")


def test_a_full_disk_is_one_line_and_the_import_goes_on_after(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\n")
    with connection.cursor() as cursor:
        cursor.execute(FILL_DISK)
        with pytest.raises(
            CommandError, match=r"^the database's disk is full \(could not extend file\); free some space"
        ):
            run(tmp_path / "p.csv")
        cursor.execute("DROP TRIGGER full_disk ON distillation_product")
    assert not Product.objects.exists()
    run(tmp_path / "p.csv")
    assert (Product.objects.count(), CatalogImport.objects.count()) == (1, 1)
