"""A scenario of a test's own, played on both sides' consoles as `openline demo` plays its story."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from openline.cli.demo_serving import origin
from tests.browser import consoles
from tests.integration.pairs import free_port


class Story(NamedTuple):
    """Where each side's console is."""

    north: str
    south: str


@contextmanager
def played(scenario: str, folder: Path) -> Iterator[Story]:
    """The consoles of a scenario that has just begun. `scenario`: its TOML."""
    (folder / "story.toml").write_text(scenario)
    ports = free_port(), free_port()
    north, south = (origin(side, port) for side, port in zip(("north", "south"), ports, strict=True))
    command = ["-m", "openline.cli.demo_serving", "story", str(folder / "story.toml"), str(folder)]
    process = subprocess.Popen([sys.executable, *command, *map(str, ports)], stdin=subprocess.DEVNULL)
    try:
        consoles.until(lambda: consoles.healthy(north) and consoles.healthy(south), process)
        yield Story(north, south)
    finally:
        process.terminate()
        process.wait(consoles.STOP_S)
