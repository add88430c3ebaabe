"""Processes that a command leaves running for whoever wants to try, and one that ends them.

Rules of this file: a process is ended only if it is the one whose number was written down, told by a word of its
command line; whoever waits for one to come up is told what it said if it does not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Final, NamedTuple

from openline.wire.errors import StorageFault

PATIENCE_S: Final = 30.0
ASK_AGAIN_S: Final = 0.1
LAST_ROWS: Final = 3
_STARTED: Final[list[subprocess.Popen[bytes]]] = []  # by this process: theirs to outlive, and ours to be done with


class Left(NamedTuple):
    """A process that is left running. `folder`: of its number and its log, which are called `name`; `word`: a word of
    its command line that no other process has."""

    folder: Path
    name: str
    word: str

    @property
    def number_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"


def launch(left: Left, *arguments: str) -> None:
    """Run `python ARGUMENTS` from here on, whatever becomes of this process."""
    with left.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _STARTED.append(process)
    left.number_file.write_text(str(process.pid))


def wait(left: Left, holds: Callable[[], bool], beside: Sequence[Left] = ()) -> None:
    """Wait until something holds that the process makes hold. `beside`: others that it takes too.

    Raises:
        StorageFault: one of them ended, or it does not come up.
    """
    until, pause = time.monotonic() + PATIENCE_S, Event()
    while not holds():
        ended = next((each for each in (left, *beside) if _has_ended(each)), None)
        if ended is not None or time.monotonic() > until:
            found = ended or left
            said = found.log.read_text(errors="replace").strip().splitlines()[-LAST_ROWS:]
            raise StorageFault(f"{found.word}: it did not come up: {' '.join(said)}")
        pause.wait(ASK_AGAIN_S)


def _has_ended(left: Left) -> bool:
    """Of a process that was started here, its own word: for a moment after its start it has no command line yet."""
    number = left.number_file.read_text() if left.number_file.exists() else ""
    ours = next((process for process in _STARTED if str(process.pid) == number), None)
    return number_of(left) is None if ours is None else ours.poll() is not None


def number_of(left: Left) -> int | None:
    """The number of the process, if it runs still."""
    try:
        number = int(left.number_file.read_text())
        if Path("/proc/self").exists():
            words = Path("/proc", str(number), "cmdline").read_bytes().split(b"\0")
            return number if os.fsencode(left.word) in words else None
        asked = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(number)], capture_output=True, check=False)
    except (OSError, ValueError):
        return None
    return number if os.fsencode(left.word) in asked.stdout else None


def stop(several: Sequence[Left]) -> int:
    """End processes; how many of them ran."""
    running = [(left, number) for left in several if (number := number_of(left)) is not None]
    for _, number in running:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    until, pause = time.monotonic() + PATIENCE_S, Event()
    for left, number in running:
        while number_of(left) is not None and time.monotonic() < until:
            pause.wait(ASK_AGAIN_S)
        if number_of(left) is not None:
            os.kill(number, signal.SIGKILL)
        left.number_file.unlink(missing_ok=True)
    for process in _STARTED:
        if process.pid in {number for _, number in running}:
            process.wait()
    return len(running)
