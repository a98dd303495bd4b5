"""What the site is made of, and that its settings behind TLS leave nothing to be warned of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from mindsite.supply.materials import UNNAMED, bill, materials

LOCK = (settings.BASE_DIR / "requirements.lock").read_text()


def test_the_bill_has_each_part_and_what_it_needs() -> None:
    made = bill(materials(LOCK))
    refs = {each["bom-ref"] for each in made["components"]}
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    needs = {each["ref"].partition("@")[0]: each["dependsOn"] for each in made["dependencies"]}
    assert any(ref.startswith("pkg:pypi/asgiref@") for ref in needs["pkg:pypi/django"])
    assert {ref for each in made["dependencies"] for ref in each["dependsOn"]} == refs
    assert len(refs) > 60


def test_each_licence_is_known_and_none_takes_the_whole_with_it() -> None:
    named = {each.name: each.licence for each in materials(LOCK)}
    assert {name for name, licence in named.items() if licence == UNNAMED} == set()
    assert {name for name, licence in named.items() if "AGPL" in licence or "Affero" in licence} == set()


def test_the_command_writes_json(capsys: pytest.CaptureFixture) -> None:
    call_command("sbom")
    assert json.loads(capsys.readouterr().out)["components"]


def test_behind_tls_nothing_is_left_to_be_warned_of(tmp_path: Path) -> None:
    environment = os.environ | {
        "HTTPS": "1",
        "MINDSITE_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "mindsite.settings",
    }
    words = ["check", "--deploy", "--tag", "security", "--fail-level", "WARNING"]
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_example_of_ci_runs_what_there_is() -> None:
    told = yaml.safe_load((settings.BASE_DIR / "deploy" / "ci" / "github.yml").read_text())
    steps = [step for job in told["jobs"].values() for step in job["steps"]]
    targets = {
        word for step in steps for word in step.get("run", "").replace("make ", "make:").split() if "make:" in word
    }
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    assert {each for each in targets if f"\n{each.partition(':')[2]}:" not in makefile} == set()
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(len(each.partition("@")[2]) == 40 for each in used)  # commits, which nobody can move
