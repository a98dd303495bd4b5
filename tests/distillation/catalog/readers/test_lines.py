import gzip
from itertools import chain
from pathlib import Path

import pytest
from backports import zstd

from distillation.catalog.readers.lines import HOPELESS, MAX_LINE, Lines
from distillation.catalog.readers.records import START, CatalogError, Position

TEXT = b"one\ntwo\n\nfour"


def read(path: Path, start: Position = START) -> list[bytes]:
    return list(chain.from_iterable(Lines(path, start)))


PACKERS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_packed_or_plain_whatever_the_name_says(tmp_path: Path, pack) -> None:
    (tmp_path / "a.gz").write_bytes(pack(TEXT))
    assert read(tmp_path / "a.gz") == [b"one", b"two", b"", b"four"]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_reading_goes_on_behind_any_end(tmp_path: Path, pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distillation.catalog.readers.lines.BLOCK", 5)
    (tmp_path / "a").write_bytes(pack(TEXT))
    lines, given, ends = Lines(tmp_path / "a"), [], []
    for block in lines:
        given += block
        ends.append(lines.end)
        assert given + read(tmp_path / "a", lines.end) == TEXT.split(b"\n")
    assert ends[-1] == (4, len(TEXT))


def test_a_line_of_20_mb_is_cut_and_the_next_ones_are_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 20_000_000 + b"\nnext\n")
    lines = Lines(tmp_path / "a")
    long, line = chain.from_iterable(lines)
    assert MAX_LINE < len(long) < 2 * MAX_LINE
    # 20,000,000 bytes and a line feed; then 4 and another
    assert (line, lines.end) == (b"next", (2, 20_000_006))


def test_what_unpacks_to_no_end_of_a_line_is_not_read_on(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(zstd.compress(bytes(HOPELESS + 1_000_000)))
    with pytest.raises(
        CatalogError, match=r"^a.gz, after line 0: more than 100,000,000 bytes without an end of a line"
    ):
        list(Lines(tmp_path / "a.gz"))


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_cut_short(tmp_path: Path, pack) -> None:
    (tmp_path / "a.gz").write_bytes(pack(TEXT)[:-3])
    with pytest.raises(CatalogError, match=r"^a.gz: ends in the middle of its compressed data, after line .*fetch"):
        list(Lines(tmp_path / "a.gz"))


def test_cut_short_far_in_says_how_far(tmp_path: Path) -> None:
    lines = b"".join(b"%09d\n" % (n * 7919 % 10**9) for n in range(200_000))
    (tmp_path / "a.gz").write_bytes(gzip.compress(lines)[:-100_000])
    lines = Lines(tmp_path / "a.gz")
    with pytest.raises(CatalogError) as caught:
        list(lines)
    # each line is 10 bytes
    assert f"after line {lines.end.line:,} ({lines.end.line * 10:,} bytes unpacked)" in str(caught.value)
    assert lines.end.line > 50_000


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_damaged(tmp_path: Path, pack) -> None:
    data = bytearray(pack(bytes(range(256)) * 400))
    data[12:20] = b"\xff" * 8  # behind the header of either
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(CatalogError, match="fetch the file again"):
        list(Lines(tmp_path / "a"))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="No such file or directory; give the path of a readable file"):
        list(Lines(tmp_path / "a"))
