"""Two stations on this machine, with all their files, run as real processes by their own command.

Rules of this file: everything a station has is made by the code that a side uses; addresses are free ports of the
loopback; nothing waits by the clock, only for what a station says of itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from openline.cli.asking import Asking
from openline.keys import tls
from openline.keys.founding import SideKeys, found
from openline.keys.secret import SystemEntropy
from openline.station import config
from openline.station.api import types as t
from openline.store import open_store
from openline.wire import accord as accords
from openline.wire.accord import Carrier, Line
from openline.wire.errors import OpenlineError, StorageFault

NAMES: Final = ("north", "south")
PATIENCE_S: Final = 60.0
STOP_S: Final = 20.0  # a loaded machine's few seconds
ASK_AGAIN_S: Final = 0.02

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        port: int = trying.getsockname()[1]
        return port


@dataclass
class Station:
    """One side's folder, and its process while it runs."""

    folder: Path
    side: int
    keys: SideKeys
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # what the command is run under, such as a network namespace

    @property
    def name(self) -> str:
        return NAMES[self.side]

    @property
    def config(self) -> Path:
        return self.folder / "station.toml"

    @property
    def store(self) -> str:
        """Where the record is: a file's path, or a database's URL."""
        return config.load(self.config).station.store

    @property
    def log(self) -> str:
        return (self.folder / "station.log").read_text()

    def start(self, *arguments: str) -> None:
        """Run `openline up`; returns when the station answers."""
        self.launch(*arguments)
        self.wait_until(lambda: self.status() is not None)

    def launch(self, *arguments: str) -> None:
        with (self.folder / "stderr").open("ab") as out:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "openline", "up", str(self.config), *arguments],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process and wait for it, which takes a station a few seconds at most; its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(STOP_S)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    # ---- asking

    @property
    def asking(self) -> Asking:
        return Asking(self.config)

    def status(self) -> t.Status | None:
        """How it stands; None while it does not answer."""
        try:
            return self.asking.get("/v1/status", t.Status)
        except OpenlineError:
            return None

    def draft(self, command: Any) -> t.Drafted:
        drafted: t.Drafted = self.asking.post("/v1/drafts", command, t.Drafted)
        return drafted

    def message(self, text: str, **marks: Any) -> t.Entry:
        drafted = self.draft(t.Message(line="liaison", text=text, **marks))
        assert drafted.entry is not None
        return drafted.entry

    def observed(self, line: str = "liaison") -> str:
        status = self.status()
        return "" if status is None else next(each.observed for each in status.lines if each.id == line)

    def wait_until(self, holds: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
        """Ask until it holds; what it gave. Fails with the station's own words if it ends first."""
        until, pause = time.monotonic() + patience_s, threading.Event()
        while not (found := holds()):
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended: {(self.folder / 'stderr').read_text()}")
            if time.monotonic() > until:
                raise AssertionError(f"{self.name}: not within {patience_s} s; status: {self.status()}")
            pause.wait(ASK_AGAIN_S)
        return found

    def wait_observed(self, observed: str, line: str = "liaison", patience_s: float = PATIENCE_S) -> None:
        self.wait_until(lambda: self.observed(line) == observed, patience_s)


@dataclass
class Pair:
    north: Station
    south: Station

    @property
    def both(self) -> tuple[Station, Station]:
        return self.north, self.south

    def start(self) -> None:
        for station in self.both:
            station.launch()
        for station in self.both:
            station.wait_until(lambda station=station: station.status() is not None)  # type: ignore[misc]

    def stop(self) -> None:
        for station in self.both:
            station.kill()

    @contextmanager
    def through(self) -> Iterator[Pair]:
        """Both stations running and through to each other, for as long as the context lasts."""
        try:
            self.start()
            self.wait_through()
            yield self
        finally:
            self.stop()

    def wait_through(self) -> None:
        for station in self.both:
            station.wait_observed("through")

    def wait_equal(self, patience_s: float = PATIENCE_S) -> None:
        """Until both say that the heads are equal and nothing waits."""

        def equal() -> bool:
            found = [status for station in self.both if (status := station.status()) is not None]
            same = len({status.heads.entries for status in found}) == 1
            return len(found) == len(NAMES) and same and all(s.heads.equal and not s.waiting for s in found)

        self.south.wait_until(equal, patience_s)


def fault_of(station: Station) -> str:
    """Why the station cannot work, in its own words; empty while it can."""
    try:
        station.asking.get("/v1/status", t.Status)
    except StorageFault as fault:
        return f"{fault.what} {fault.next_step}"
    except OpenlineError:
        return ""
    return ""


def one_live() -> tuple[tuple[Carrier, str, str], ...]:
    """A live carrier on a free port: south listens, north dials."""
    port = free_port()
    settings = f'connect = ["127.0.0.1:{port}"]', f'listen = "127.0.0.1:{port}"'
    return ((Carrier(id="fibre", latency_ms=1), *settings),)


def make_pair(
    folder: Path,
    *,
    carriers: tuple[tuple[Carrier, str, str], ...] | None = None,
    lines: tuple[Line, ...] | None = None,
    two_person: tuple[int, ...] = (),
    extra: str = "",
    voice: bool = False,
    norths_store: str = "",
) -> Pair:
    """Both sides' folders. `carriers`: each with the rest of its table in north's and in south's configuration;
    `extra`: more of both configurations; `voice`: whether officers can speak; `norths_store`: the URL of a database
    where north keeps its record, which otherwise is a file as south's is."""
    carriers = one_live() if carriers is None else carriers
    if lines is None:
        lines = (Line(id="liaison", carriers=tuple(range(len(carriers))), pulse_s=1),)
    entropy = SystemEntropy()
    keys = tuple(SideKeys.generate(entropy, officers=("kim", "lee"), principals=("minister",)) for _ in NAMES)
    psk = entropy.bytes(32)
    public = (keys[0].public_side("north", "Asia/Pyongyang"), keys[1].public_side("south", "Asia/Seoul"))
    agreed = [carrier for carrier, _, _ in carriers]
    signed = found(
        "trial", int(time.time()) - 1, (keys[0], keys[1]), agreed, lines, psk, public=public, two_person=two_person
    )
    made = []
    for side, name in enumerate(NAMES):
        here = folder / name
        here.mkdir(parents=True)
        for file, data in (
            ("accord", accords.encode_signed(signed)),
            ("station.keys", keys[side].station.to_bytes()),
            ("table.secret", psk),
            ("station.tls", tls.issue(keys[side].root, entropy)),
        ):
            (here / file).write_bytes(data)
            (here / file).chmod(0o600)
        tables = "".join(
            f"[[carrier]]\nid = {json.dumps(carrier.id)}\n{settings[side]}\n"
            for carrier, *settings in carriers
            if settings[side]
        )
        store = norths_store if norths_store and side == 0 else "record.sqlite"
        (here / "station.toml").write_text(
            f'[station]\nside = "{name}"\naccord = "accord"\nkeys = "station.keys"\nsecret = "table.secret"\n'
            f'tls = "station.tls"\nstore = {json.dumps(store)}\n[api]\nsocket = "station.sock"\n'
            f'[log]\nlevel = "debug"\nfile = "station.log"\n{extra}\n{tables}'
        )
        open_store(store if "://" in store else here / store).close()
        made.append(Station(here, side, keys[side]))
    pair = Pair(*made)
    if voice:
        give_voice(pair)
    return pair


def give_voice(pair: Pair) -> None:
    """A [voice] in both configurations, on free ports of the loopback."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in NAMES]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    for station in pair.both:
        ours, theirs = ports[station.side], ports[1 - station.side]
        table = f'[voice]\nlisten = "127.0.0.1:{ours}"\npeer = "127.0.0.1:{theirs}"\ninner = "127.0.0.1"\n'
        station.config.write_text(station.config.read_text() + table)
