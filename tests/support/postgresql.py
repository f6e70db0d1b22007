"""A throw-away PostgreSQL server, for tests of the records; skipped where none is installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dask_cluster import free_port


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl: Debian's newest, else the PATH's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


@contextlib.contextmanager
def postgresql_server() -> Iterator[str]:
    """The server's address without a database's name, as SQLAlchemy takes it."""
    pytest.importorskip("psycopg", reason="psycopg is not installed, so nothing runs on PostgreSQL")
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    # It refuses to run as root.
    user = _unprivileged() if os.getuid() == 0 else None
    data = Path(tempfile.mkdtemp(prefix="hearmap-postgresql-"))
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
    port = free_port()

    def do(name: str, *arguments: str) -> None:
        subprocess.run(
            [str(folder / name), *arguments], check=True, capture_output=True, cwd="/",
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )  # fmt: skip

    cluster = data / "cluster"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {data}"
    try:
        do("initdb", "-D", str(cluster), "-U", "hearmap", "-A", "trust", "-E", "UTF8", "--no-sync")
        do("pg_ctl", "-D", str(cluster), "-l", str(data / "log"), "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://hearmap@127.0.0.1:{port}"
        finally:
            do("pg_ctl", "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
