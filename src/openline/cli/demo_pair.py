"""The demo's last part: two live stations on this machine, linked by real TLS, left running for whoever wants to try.

Rules of this file: they are started only when asked for, and stopped by one command; before new ones are made, those of
an earlier demo are stopped.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from openline.cli import left_running
from openline.cli.asking import Asking
from openline.cli.left_running import Left
from openline.cli.standing import TRIAL_SIDES, make_pair
from openline.keys.secret import SystemEntropy
from openline.station.api import types as t
from openline.wire.errors import OpenlineError

FOLDER: Final = "pair"
CONFIG: Final = "station.toml"
NAME: Final = "station"
LINE: Final = "hotline"
ROBOT: Final = "robot"
ROBOT_AFTER_S: Final = 10  # chosen: time enough for a person to pick up first


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
        for config, left in zip(configs(into), lefts(into), strict=True):
            left_running.launch(left, "-m", "openline", "up", str(config.absolute()))
        for config, left in zip(configs(into), lefts(into), strict=True):
            left_running.wait(left, lambda config=config: _is_through(config), lefts(into))  # type: ignore[misc]
    except OpenlineError:
        stop(into)
        raise
    _start_robot(into)
    return list(_commands(into))


def configs(into: Path) -> tuple[Path, ...]:
    """Where the configurations of the pair in `into` are."""
    return tuple(into / FOLDER / side / CONFIG for side in TRIAL_SIDES)


def lefts(into: Path) -> tuple[Left, ...]:
    """The processes of the pair in `into`."""
    return tuple(Left(config.parent, NAME, str(config.absolute())) for config in configs(into))


def robot(into: Path) -> Left:
    """The robot that answers calls in the north."""
    config = configs(into)[0]
    return Left(config.parent, ROBOT, str(config.absolute()))


def _start_robot(into: Path) -> None:
    """Have a robot answer in the north what nobody else does, where the extra for it is installed."""
    if find_spec("aiortc") is not None:
        left = robot(into)
        how = ("--officer", f"{TRIAL_SIDES[0]}-first", "--after", str(ROBOT_AFTER_S), "--station", left.word)
        left_running.launch(left, "-m", "openline", "robot", *how)


def stop(into: Path) -> int:
    """Stop the pair of an earlier demo, and its robot; how many stations were running."""
    left_running.stop([robot(into)])
    return left_running.stop(lefts(into))


def _is_through(config: Path) -> bool:
    try:
        status = Asking(config).get("/v1/status", t.Status)
    except OpenlineError:
        return False
    return any(line.observed == "through" for line in status.lines if line.id == LINE)


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
    if left_running.number_of(robot(into)) is not None:
        yield f"# what nobody in the {TRIAL_SIDES[0]} answers for {ROBOT_AFTER_S} seconds, a robot does, by voice:"
        yield f"# ring from the {TRIAL_SIDES[1]}'s console, and speak"
    yield "# and this stops all that was left running"
    yield stopping(into)


def stopping(into: Path) -> str:
    """The command that ends all that a demo left running."""
    return "demo --stop" + ("" if into == Path("demo-records") else f" --export {into}")
