"""The demo's last part: two live stations on this machine, linked by real TLS, left running for whoever wants to try.

Rules of this file: they are started only when asked for, and stopped by one command; before new ones are made, those of
an earlier demo are stopped; a process is ended only if it is the station whose number was written down.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Final

from openline.cli.asking import Asking
from openline.cli.standing import TRIAL_SIDES, make_pair
from openline.keys.secret import SystemEntropy
from openline.station.api import types as t
from openline.wire.errors import OpenlineError, StorageFault

FOLDER: Final = "pair"
CONFIG: Final = "station.toml"
NUMBER: Final = "station.pid"
LOG: Final = "station.log"
LINE: Final = "hotline"
PATIENCE_S: Final = 30.0
ASK_AGAIN_S: Final = 0.1
_STARTED: Final[list[subprocess.Popen[bytes]]] = []  # by this process: theirs to outlive, and ours to be done with


def start(into: Path) -> list[str]:
    """Make a pair in `into`, start both stations, and wait until each hears the other; the commands worth trying.

    Raises:
        StorageFault: one of them did not come up; both are stopped.
    """
    stop(into)
    at = into / FOLDER
    shutil.rmtree(at, ignore_errors=True)
    make_pair(at, "UTC", int(time.time()), SystemEntropy())
    try:
        for config in configs(into):
            _launch(config)
        for config in configs(into):
            _wait(lambda config=config: _is_through(config), config)  # type: ignore[misc]
    except OpenlineError:
        stop(into)
        raise
    return list(_commands(into))


def configs(into: Path) -> tuple[Path, ...]:
    """Where the configurations of the pair in `into` are."""
    return tuple(into / FOLDER / side / CONFIG for side in TRIAL_SIDES)


def _launch(config: Path) -> None:
    command = [sys.executable, "-m", "openline", "up", str(config.absolute())]
    with (config.parent / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _STARTED.append(process)
    (config.parent / NUMBER).write_text(str(process.pid))


def _wait(holds: Callable[[], bool], config: Path) -> None:
    until, pause = time.monotonic() + PATIENCE_S, Event()
    while not holds():
        if time.monotonic() > until or number_of(config) is None:
            said = (config.parent / LOG).read_text(errors="replace").strip().splitlines()[-3:]
            raise StorageFault(f"{config}: this station did not come up: {' '.join(said)}")
        pause.wait(ASK_AGAIN_S)


def _is_through(config: Path) -> bool:
    try:
        status = Asking(config).get("/v1/status", t.Status)
    except OpenlineError:
        return False
    return any(line.observed == "through" for line in status.lines if line.id == LINE)


# ---- stopping


def stop(into: Path) -> int:
    """Stop the pair of an earlier demo; how many stations were running."""
    numbers = [(config, number) for config in configs(into) if (number := number_of(config)) is not None]
    for _, number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    until, pause = time.monotonic() + PATIENCE_S, Event()
    for config, number in numbers:
        while number_of(config) is not None and time.monotonic() < until:
            pause.wait(ASK_AGAIN_S)
        if number_of(config) is not None:
            os.kill(number, signal.SIGKILL)
        (config.parent / NUMBER).unlink(missing_ok=True)
    for process in _STARTED:
        if process.pid in {number for _, number in numbers}:
            process.wait()
    return len(numbers)


def number_of(config: Path) -> int | None:
    """The process that runs a station of the pair, if it does still."""
    try:
        number = int((config.parent / NUMBER).read_text())
        command = Path("/proc", str(number), "cmdline")
        if Path("/proc/self").exists():
            return number if os.fsencode(config.absolute()) in command.read_bytes().split(b"\0") else None
        os.kill(number, 0)
    except (OSError, ValueError):
        return None
    return number if Asking(config).is_running() else None


# ---- what to try


def _commands(into: Path) -> Iterator[str]:
    """Five commands in the order in which they tell something, each under what it shows."""
    north, south = (f"--station {path}" for path in configs(into))
    for what, command in (
        ("how both lines stand", f"status {south}"),
        ("north sends a message", f'message {LINE} "The lines are open again." {north}'),
        ("it is there", f"inbox {south}"),
        ("what is known of the line, and what cannot be", f"why {LINE} {south}"),
        ("the record so far, read out", f"record show {south}"),
    ):
        yield f"# {what}"
        yield command
    yield "# and this stops the two stations"
    yield "demo --stop" + ("" if into == Path("demo-records") else f" --export {into}")
