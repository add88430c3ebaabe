"""A real nats-server for a test: on a free port of the loopback, killed and started again at will.

Rules of this file: a machine without nats-server skips, with a word; the process is the test's own and ends with it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import nats
import nats.aio.client
import pytest

# OPENLINE_NATS_SERVER: another release than Debian's, by its path.
ASKED = os.environ.get("OPENLINE_NATS_SERVER")
FOUND = ASKED or shutil.which("nats-server", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
START_S = 15.0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class NatsServer:
    """One server with its directory; `extra` goes into its configuration."""

    def __init__(self, directory: Path, extra: str = "", *, jetstream: bool = True) -> None:
        if FOUND is None:
            pytest.skip("no nats-server on this machine: `tools/setup-services` installs it")
        self.port = free_port()
        self.directory = directory
        self.scheme = "nats"
        self.process: subprocess.Popen[bytes] | None = None
        kept = f'jetstream {{ store_dir: "{directory}/js", max_memory_store: 16MB, max_file_store: 64GB }}\n'
        self.config = directory / "nats.conf"
        self.config.write_text(
            f'listen: "127.0.0.1:{self.port}"\nserver_name: test\n{kept if jetstream else ""}{extra}\n'
        )

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        log = (self.directory / "log").open("ab")
        with log:
            self.process = subprocess.Popen([FOUND or "", "-c", str(self.config)], stdout=log, stderr=log)
        await until(self._accepts, within_s=START_S, why="nats-server listens")

    async def client(self, **options: Any) -> nats.aio.client.Client:
        """A third party: the client library of the server's own makers."""
        return await nats.connect(self.url, allow_reconnect=False, **options)

    def _accepts(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """As a power cut would, but for the page cache."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """The connection stands, and nothing comes by it any more."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None


SLACK_S: Final = 8.0  # how late a loaded machine may be with what a promise names


async def until(holds: Callable[[], bool], *, within_s: float = 10.0, why: str = "") -> None:
    """Wait for a condition; fail where it does not come about."""
    try:
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.01)
    except TimeoutError:
        pytest.fail(f"did not come about within {within_s:g} s: {why or holds}")
