"""Where the one-machine services keep their files, and which user these belong to."""

import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, run

SUN_PATH = 107  # bytes in a unix socket's address
POSTGRES_SOCKET = ".s.PGSQL.5432"
LEAST_FREE = 17  # megabytes: PostgreSQL writes its log in files of as much


class ServiceError(Exception):
    """A service can't be had: one line that says what, where and what to do."""


@dataclass(frozen=True)
class Account:
    """The user whom the servers run as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> "Account":
        """Ourselves; for root, as whom PostgreSQL refuses to run, an unprivileged user."""
        if os.geteuid() != 0:
            return cls(user_name(os.geteuid()), os.geteuid(), os.getegid())
        for entry in pwd.getpwall():
            if entry.pw_name == "postgres" and entry.pw_uid != 0:
                return cls("postgres", entry.pw_uid, entry.pw_gid)
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise ServiceError(
                "PostgreSQL does not run as root and there is no user postgres or nobody here: "
                "set DATABASE_URL, or start as an ordinary user"
            ) from None
        return cls("nobody", entry.pw_uid, entry.pw_gid)

    def launcher(self, program: Path, *directories: Path) -> list[str]:
        """The words before a command that make it run as this user, with the least that lets it reach its files."""
        if self.uid == os.geteuid():
            return []
        probe = [
            "sh",
            "-c",
            'for d; do cd "$d" || exit 1; done; exec "$0" --version',
            *map(str, (program, *directories)),
        ]
        for prefix in self._prefixes():
            try:
                tried = run([*prefix, *probe], cwd="/", stdin=DEVNULL, capture_output=True, check=False)  # noqa: S603
            except FileNotFoundError:
                raise ServiceError(
                    "To start the embedded services as root the command setpriv (of util-linux) is needed: "
                    "install it, or start as an ordinary user, or set DATABASE_URL and CELERY_BROKER_URL"
                ) from None
            if tried.returncode == 0:
                return prefix
        raise ServiceError(
            f"The embedded services run as user {self.name}, who cannot reach {directories[0].parent} or {program}: "
            "put the checkout elsewhere, or start as an ordinary user, or set DATABASE_URL and CELERY_BROKER_URL"
        )

    def _prefixes(self) -> Iterator[list[str]]:
        drop = ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        yield [*drop, "--inh-caps=-all"]
        # Under a directory closed to this user (root's own 0700, say), one capability opens the way in and no mode of
        # a parent directory has to change. Containers often lack the first of the two.
        for capability in ("dac_read_search", "dac_override"):
            only = f"-all,+{capability}"
            yield [
                *(*drop, f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}"),
                # PostgreSQL asks access(2) about its own binary; without this bit access(2) disregards capabilities.
                "--securebits=+no_setuid_fixup",
            ]


@dataclass(frozen=True)
class ServicesFolder:
    """One `var` directory and all that the services keep in it."""

    var: Path

    @property
    def tag(self) -> str:
        """Marks the processes that belong to this folder."""
        return f"mindsite-{hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]}"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def sockets(self) -> Path:
        near = self.run / "sockets"
        fits = len(os.fsencode(near / POSTGRES_SOCKET)) <= SUN_PATH
        # To PostgreSQL and its clients a comma parts two addresses.
        return near if fits and "," not in str(near) else Path("/tmp") / self.tag  # noqa: S108 - private: `private_directory` checks its owner

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def prepare(self) -> None:
        for directory in (self.run, self.var / "log"):
            directory.mkdir(parents=True, exist_ok=True)
            _check_owner(directory, os.geteuid())

    def clear(self) -> None:
        with suppress(OSError):
            self.sockets.rmdir()


def free_megabytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free // 1_000_000


def private_directory(path: Path, account: Account) -> None:
    """Make a directory that only this account may enter, or check that it is one."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        path.chmod(0o700)
        os.chown(path, account.uid, account.gid)
    _check_owner(path, account.uid)
    if not stat.S_ISDIR(status.st_mode) or path.lstat().st_mode & 0o077:
        raise ServiceError(f"{path} is not a private directory: remove it and start again")


def _check_owner(path: Path, uid: int) -> None:
    owner = path.lstat().st_uid
    if owner != uid:
        raise ServiceError(
            f"{path} belongs to {user_name(owner)}, not to {user_name(uid)}: start as the user who did so before, "
            "or set MINDSITE_VAR to a new directory"
        )


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
