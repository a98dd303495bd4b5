import csv
import io
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def create(tmp_path: Path, text: str | bytes, **options) -> str:
    path, out = tmp_path / "people.csv", io.StringIO()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    call_command("create_users", path, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_it_works(tmp_path: Path) -> None:
    out = create(tmp_path, "\ufeffusername,role,group,email\nnora,,experts,n@example.org\nrex,Researcher,,\n")
    passwords = {row["username"]: row["password"] for row in csv.DictReader(io.StringIO(out))}
    nora, rex = User.objects.get(username="nora"), User.objects.get(username="rex")
    assert (nora.role, rex.role, nora.email) == ("annotator", "researcher", "n@example.org")
    assert list(nora.groups.all()) == [Group.objects.get(name="experts")]
    assert all(user.check_password(passwords[user.username]) for user in (nora, rex))


def test_existing_people_are_untouched_and_counted(tmp_path: Path, annotator: User) -> None:
    out = json.loads(create(tmp_path, "username,role\nanna,researcher\nnora,\n", json=True))
    assert (out["made"], out["existing"], list(out["passwords"])) == (1, 1, ["nora"])
    before, annotator = annotator, User.objects.get(pk=annotator.pk)
    assert (annotator.role, annotator.password) == ("annotator", before.password)


def test_passwords_go_to_a_file_for_its_owner_only(tmp_path: Path) -> None:
    output = tmp_path / "passwords.csv"
    assert create(tmp_path, "username\nnora\n", output=output) == ""
    assert output.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(output.open())
    assert User.objects.get(username="nora").check_password(row["password"])


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    output = tmp_path / "passwords.csv"
    output.write_text("dear")
    with pytest.raises(CommandError, match="is there already"):
        create(tmp_path, "username\nnora\n", output=output)
    assert (output.read_text(), User.objects.count()) == ("dear", 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("username\nnora\n=cmd()\n", "line 3: username '=cmd()' begins like a spreadsheet's formula"),
        ("username\nnora\n@nora\n", "line 3: username '@nora' begins like"),
        ("username,group\nnora,-x\n", "line 2: group '-x' begins like"),
        ("username\nnora\nNora\n", "line 3: Nora stands in line 2 already"),
        ("username\nANNA\n", "ANNA differs from the existing anna in capitals only"),
        ("username,role\nnora,boss\n", "line 2: 'boss' is no role; there are annotator, researcher, administrator"),
        ("username,email\nnora,mail\n", "line 2: email: Enter a valid email address"),
        ("username\nno ra\n", "line 2: username: Enter a valid username"),
        ("username,role\n,annotator\n", "line 2: username: This field cannot be blank"),
        (f"username\n{'n' * 151}\n", "line 2: username: Ensure this value has at most 150"),
        (f"username,group\nnora,{'g' * 151}\n", "line 2: name: Ensure this value has at most 150"),
        ("username,role\nnora\n", "line 2: more or fewer cells than columns"),
        ("username\nnora,x\n", "line 2: more or fewer cells than columns"),
        ("username\nno\x00ra\n", "line 2: "),
        ('username\n"nora\n', "line 1: no CSV (unexpected end of data)"),
        ("name\nnora\n", "line 1: the columns are username"),
        ("username,username\nnora,nora\n", "line 1: the columns are username"),
        ("username,password\nnora,secret\n", "line 1: password is not known"),
        ("", "line 1: the columns are username"),
        ("username\n", "names nobody"),
        (b"username\nn\xf6ra\n", "is not UTF-8"),
    ],
)
def test_a_bad_file_is_refused_whole_in_one_line(
    tmp_path: Path, annotator: User, text: str | bytes, words: str
) -> None:
    output = tmp_path / "passwords.csv"
    with pytest.raises(CommandError) as refusal:
        create(tmp_path, text, output=output)
    line = str(refusal.value)
    assert words in line and "people.csv" in line and "\n" not in line
    assert (list(User.objects.all()), Group.objects.count(), output.exists()) == ([annotator], 0, False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv can't be read"):
        call_command("create_users", tmp_path / "gone.csv")
