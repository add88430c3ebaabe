"""A real PostgreSQL server for tests: a cluster of its own in a temporary folder, reached by a Unix socket alone.

Rules of this file: a machine without the server's programs skips, with a word; the cluster is durable as a real one
is, since a store refuses one that is not; the server never runs as root, which it refuses; it ends with its test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import pytest

ELSEWHERE: Final = os.environ.get("OPENLINE_TEST_POSTGRESQL", "")  # the URL of a database to use instead
ROLE: Final = "station"
PORT: Final = 5432  # part of the socket's name; nothing listens on it
PATIENCE_S: Final = 60.0
ASK_AGAIN_S: Final = 0.02
SETTINGS: Final = ("listen_addresses=", "max_connections=40", "shared_buffers=16MB", "log_min_messages=warning")


def programs() -> Path | None:
    """Where Debian's newest server has its programs, which it keeps off the PATH; else where the PATH has them."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return None if found is None else Path(os.path.realpath(found)).parent


class PostgresqlServer:
    """One cluster, made but not running."""

    def __init__(self) -> None:
        found = programs()
        if found is None:
            pytest.skip("no PostgreSQL server on this machine: `tools/setup-services` installs it")
        self.programs = found
        # Not pytest's own folder: that is root's alone, and a socket's path may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="openline-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        self._as = self._somebody()
        if "user" in self._as:
            shutil.chown(self.folder, self._as["user"], self._as["group"])
        made = subprocess.run(
            [self.programs / "initdb", "--pgdata", self._data, "--username", ROLE, "--auth", "trust", "--encoding",
             "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            capture_output=True, text=True, check=False, cwd=self.folder, **self._as,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @staticmethod
    def _somebody() -> Mapping[str, Any]:
        """Who runs the server: ourselves, or somebody else where we are root."""
        if os.geteuid() != 0:
            return {}
        names = {each.pw_name: each for each in pwd.getpwall()}
        who = names.get("postgres") or names["nobody"]
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}

    def url(self, database: str = "postgres", schema: str = "") -> str:
        options = f"&options={quote(f'-csearch_path={schema}')}" if schema else ""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.folder), safe='')}&port={PORT}{options}"

    def start(self) -> None:
        """Run it; returns when it takes connections."""
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, "-k", self.folder, "-p", str(PORT), *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self._as,
            )  # fmt: skip
        until, pause = time.monotonic() + PATIENCE_S, Event()
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-p", str(PORT)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < until, f"it does not start: {self.log}"
            pause.wait(ASK_AGAIN_S)

    def stop(self) -> None:
        """Stop it in an orderly way that waits for nobody: every connection is told and ended."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End it as a power cut would, but for the page cache; its connections end by themselves."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            process.wait(PATIENCE_S)

    def remove(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)


@contextmanager
def schema(server: str) -> Iterator[str]:
    """The URL of a schema of one's own in the database `server`, gone afterwards."""
    psycopg = pytest.importorskip("psycopg")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    yield f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}')}"
    with psycopg.connect(server, autocommit=True) as connection:  # anew: the server may be another process by now
        connection.execute("SET lock_timeout = '20s'")  # a test that failed may have left a snapshot open
        connection.execute(f"DROP SCHEMA {name} CASCADE")
