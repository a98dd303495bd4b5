"""Files that only who has the key can read, and that nobody can change, cut or put together unseen.

AES-256-GCM over pieces of a megabyte, numbered and the last one marked (the STREAM construction: Hoang, Reyhanitabar,
Rogaway and Vizár, CRYPTO 2015), under a key of each file's own by HKDF-SHA256.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mindsite.backup.programs import BackupRefused

MARK, SALT, TAG = b"mindsite-sealed-1\n", 32, 16
PIECE = 1024 * 1024
SHORTEST = 32


class Seal:
    def __init__(self, key: bytes) -> None:
        self._key = key
        self.id = hashlib.sha256(b"mindsite-key-id" + key).hexdigest()[:8]

    @classmethod
    def of(cls, file: Path) -> "Seal":
        try:
            key = file.read_bytes().strip()
        except OSError as error:
            raise BackupRefused(f"{file} can't be read ({error.strerror}): name the file with the key") from error
        if len(key) < SHORTEST:
            raise BackupRefused(f"{file} has {len(key)} characters; make a key by: openssl rand -base64 32 > {file}")
        return cls(key)

    def write(self, path: Path, pieces: Iterable[bytes]) -> None:
        salt = os.urandom(SALT)
        cipher, rest, n = self._cipher(salt), b"", 0
        with path.open("wb") as file:
            file.write(MARK + salt)
            for piece in pieces:
                rest += piece
                while len(rest) > PIECE:
                    file.write(cipher.encrypt(_nonce(n, last=False), rest[:PIECE], None))
                    rest, n = rest[PIECE:], n + 1
            file.write(cipher.encrypt(_nonce(n, last=True), rest, None))

    def read(self, path: Path) -> Iterator[bytes]:
        """Raises BackupRefused where it is not whole, or under another key."""
        with path.open("rb") as file:
            if file.read(len(MARK)) != MARK:
                raise BackupRefused(f"{path} is not sealed, or damaged")
            cipher, n = self._cipher(file.read(SALT)), 0
            piece = file.read(PIECE + TAG)
            while piece:
                after = file.read(PIECE + TAG)
                try:
                    yield cipher.decrypt(_nonce(n, last=not after), piece, None)
                except InvalidTag as error:
                    raise BackupRefused(f"{path} is damaged, or sealed with another key") from error
                piece, n = after, n + 1

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt, b"mindsite backup").derive(self._key))


def sealed_size(size: int) -> int:
    pieces = max(1, -(-size // PIECE))
    return len(MARK) + SALT + size + TAG * pieces


def _nonce(n: int, *, last: bool) -> bytes:
    return n.to_bytes(11, "big") + bytes([last])
