"""What was sealed comes out as it went in, or not at all."""

from pathlib import Path

import pytest

from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import MARK, PIECE, SALT, TAG, Seal, sealed_size

SEAL = Seal(b"k" * 32)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_it_comes_out_as_it_went_in_and_its_size_is_known(size: int, tmp_path: Path) -> None:
    data = bytes(range(256)) * (size // 256) + b"z" * (size % 256)
    SEAL.write(tmp_path / "f", [data[:100], data[100:]])
    assert b"".join(SEAL.read(tmp_path / "f")) == data
    assert (tmp_path / "f").stat().st_size == sealed_size(size)


def test_what_is_cut_turned_round_or_changed_is_refused(tmp_path: Path) -> None:
    SEAL.write(tmp_path / "f", [b"a" * PIECE + b"b" * PIECE + b"c"])
    whole = (tmp_path / "f").read_bytes()
    head, step = len(MARK) + SALT, PIECE + TAG
    pieces = [whole[head + n * step : head + (n + 1) * step] for n in range(3)]
    for bad in ([pieces[0]], pieces[:2], [pieces[1], pieces[0], pieces[2]], [pieces[0], pieces[2]]):
        (tmp_path / "g").write_bytes(whole[:head] + b"".join(bad))
        with pytest.raises(BackupRefused, match="damaged"):
            list(SEAL.read(tmp_path / "g"))


def test_a_short_key_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    with pytest.raises(BackupRefused, match="openssl rand"):
        Seal.of(tmp_path / "key")
