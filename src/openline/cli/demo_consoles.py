"""The demo's consoles: the story for both its sides, and both live stations, each in a browser.

Rules of this file: each pair of consoles is one process that is left running, and stopped with the rest; a browser is
opened only for somebody who sits at a terminal on a desktop.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from openline.cli import demo_pair, left_running
from openline.cli.left_running import Left
from openline.cli.standing import TRIAL_SIDES, free_addresses
from openline.wire.errors import OpenlineError

SERVING: Final = "openline.cli.demo_serving"
FOLDER: Final = "story"
NAME: Final = "consoles"
STORY_PORTS: Final = (7101, 7102)  # where they are free
LIVE_PORTS: Final = (7103, 7104)
LIVE: Final = "live-"  # before a side's name in the address of a live station: cookies know hosts, and no ports
ASK_S: Final = 5.0


def origin(host: str, port: int) -> str:
    """A console's address. Every browser takes a name below localhost for this machine."""
    return f"http://{host}.localhost:{port}"


def start_story(into: Path, file: Path, sides: Sequence[str]) -> list[str]:
    """Play the story with a console for each side; their addresses, once both answer.

    Raises:
        StorageFault: they did not come up.
    """
    left = lefts(into)[0]
    left_running.stop([left])
    left.folder.mkdir(parents=True, exist_ok=True)
    return _start(left, sides, STORY_PORTS, "story", str(file.absolute()))


def start_live(into: Path) -> list[str]:
    """Serve the consoles of the pair in `into`, whose stations run; their addresses, once both answer.

    Raises:
        StorageFault: they did not come up.
    """
    left = lefts(into)[1]
    return _start(left, [f"{LIVE}{side}" for side in TRIAL_SIDES], LIVE_PORTS, "pair")


def lefts(into: Path) -> tuple[Left, Left]:
    """The processes of the consoles: the story's, the pair's."""
    story, pair = ((into / folder).absolute() for folder in (FOLDER, demo_pair.FOLDER))
    return Left(story, NAME, str(story)), Left(pair, NAME, str(pair))


def stop_live(into: Path) -> None:
    """Stop the consoles of the pair in `into`."""
    left_running.stop([lefts(into)[1]])


def stop(into: Path) -> int:
    """Stop the consoles of an earlier demo; how many processes were running."""
    return left_running.stop(lefts(into))


def show(origins: Sequence[str]) -> bool:
    """Open consoles in the browser of whoever sits here, if somebody does; whether they were."""
    desktop = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not desktop or not sys.stdout.isatty():
        return False
    opened = [webbrowser.open(each, new=1) for each in origins]
    return all(opened)


def _start(left: Left, hosts: Sequence[str], preferred: Sequence[int], *what: str) -> list[str]:
    ports = _ports(preferred)
    origins = [origin(host, port) for host, port in zip(hosts, ports, strict=True)]
    left_running.launch(left, "-m", SERVING, *what, left.word, *map(str, ports))
    try:
        for each in origins:
            left_running.wait(left, lambda each=each: answers(each))  # type: ignore[misc]
    except OpenlineError:
        left_running.stop([left])
        raise
    return origins


def _ports(preferred: Sequence[int]) -> list[int]:
    """The preferred ports if all are free, else others."""
    try:
        for port in preferred:
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return [int(address.rpartition(":")[2]) for address in free_addresses(len(preferred))]
    return list(preferred)


def answers(address: str) -> bool:
    """Whether a console answers at its address. Browsers know that names below localhost are this machine; here it is
    asked by its number."""
    host = address.removeprefix("http://")
    with closing(http.client.HTTPConnection("127.0.0.1", int(host.rpartition(":")[2]), timeout=ASK_S)) as asking:
        try:
            asking.request("GET", "/healthz", headers={"Host": host})
            return asking.getresponse().status == 200
        except OSError:
            return False
