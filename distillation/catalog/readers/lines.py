"""A file's lines, whether it is plain, gzip or zstd: unpacked on the way, never more than a block in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from backports import zstd
from isal import igzip_lib, igzip_threaded

from distillation.catalog.readers.records import START, CatalogError, LeftOut, Position

BLOCK = 256 * 1024
MAX_LINE = 1_000_000
HOPELESS = 100_000_000  # bytes without an end of a line: no text, and what unpacks to it may never end
TOO_LONG = LeftOut(f"a line of more than {MAX_LINE:,} bytes")
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Lines:
    """Iterates over lists of lines; one of over MAX_LINE bytes comes cut behind them, so that its length tells."""

    unit = "line"

    def __init__(self, path: Path, start: Position = START) -> None:
        self.path = path
        self.end = start  # of the lines given so far
        self._begins = b""  # the file's first block, wherever reading starts

    def __iter__(self) -> Iterator[list[bytes]]:
        number, offset = self.end
        tail, ending, ended = b"", b"", offset
        for block in self.blocks():
            offset += len(block)
            ending = ending or _ending(self._begins)
            lines = (tail + block).split(ending)
            tail = lines.pop()
            if lines:
                number += len(lines)
                ended = offset - len(tail)
                self.end = Position(number, ended)
                yield lines
            if offset - ended > HOPELESS:
                raise self._refusal(f"more than {HOPELESS:,} bytes without an end of a line; give a text file of lines")
            tail = tail[: MAX_LINE + 1]
        if tail:
            self.end = Position(number + 1, offset)
            yield [tail]

    def blocks(self) -> Iterator[bytes]:
        """From where it stands."""
        skip = self.end.offset
        with self._errors_named(), _opened(self.path) as file:
            while block := file.read(BLOCK):
                self._begins = self._begins or block
                if skip < len(block):
                    yield block[skip:] if skip else block
                skip = max(skip - len(block), 0)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except EOFError as error:
            raise CatalogError(
                f"{self.path.name}: ends in the middle of its compressed data, after {self.unit} {self.end.line:,} "
                f"({self.end.offset:,} bytes unpacked); fetch the file again"
            ) from error
        except (igzip_lib.IsalError, zstd.ZstdError) as error:  # type: ignore[misc]  # isal's stub calls its class an instance
            raise self._refusal(f"its compressed data is damaged ({error}); fetch the file again") from error
        except OSError as error:
            if error.strerror is None:  # a BadGzipFile, which has no other mark
                raise self._refusal(f"its compressed data is damaged ({error}); fetch the file again") from error
            raise CatalogError(f"{self.path}: {error.strerror}; give the path of a readable file") from error

    def _refusal(self, message: str) -> CatalogError:
        return CatalogError(f"{self.path.name}, after {self.unit} {self.end.line:,}: {message}")


def _opened(path: Path) -> BufferedIOBase:
    """By its first bytes: what was downloaded as .gz has often been unpacked on the way."""
    file = path.open("rb")
    magic = file.peek(4)[:4]
    if magic.startswith(GZIP):
        return igzip_threaded.open(file, "rb", block_size=BLOCK)
    return zstd.open(file, "rb") if magic == ZSTD else file


def _ending(begins: bytes) -> bytes:
    """Carriage returns alone end lines on old Macs."""
    return b"\r" if b"\n" not in begins and b"\r" in begins.strip(b"\r") else b"\n"


def refuse_old_mac(path: Path, first: bytes) -> None:
    """Of a file's first line: where both ends of lines are there, nobody knows which of them ends a record."""
    if b"\r" in first.strip(b"\r"):
        raise CatalogError(
            f"{path.name}: some of its lines end as on old Macs, with carriage returns alone, others do not; "
            f"write it anew with tr '\\r' '\\n' < {path.name}"
        )
