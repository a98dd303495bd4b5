import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings

from distillation.models import Product

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_catalog", *map(str, arguments), "--format", "csv", stdout=out)
    return out.getvalue()


def test_summary_lines_add_up(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("asin,title\nB01,Radio\nB02,Cap\n")
    (tmp_path / "c.csv").write_text("asin_a,asin_b\nB01,B02\n")
    assert run(tmp_path / "p.csv", "--cobuys", tmp_path / "c.csv").splitlines() == [
        "Product rows: 2 = 2 new + 0 updated + 0 unchanged + 0 repeated",
        "Pictures of 2 products: 0 stored + 0 already there + 2 without one + 0 bad",
        "Co-buy rows: 1 = 1 new + 0 already there + 0 repeated",
        "Co-buys left out of runs with pictures, for want of one: 1",
    ]


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
    Image.new("RGB", (9, 9)).save(tmp_path / "B01.png")
    with pytest.raises(CommandError, match="nothing was imported: mend that and run it again"):
        run(tmp_path / "p.csv", "--images", tmp_path)
    assert not Product.objects.exists()
