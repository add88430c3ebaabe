"""`openline robot`: an officer that is a program. It answers by voice, or rings and speaks, with a test signal.

Rules of this file: what a robot needs beside a station is imported when one is started, and said where it lacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from openline.cli.asking import station_option
from openline.cli.calls import officer_option
from openline.cli.files import json_option
from openline.cli.main import FAULT_HERE, OK, PEER_SILENT
from openline.station import config as configs
from openline.wire.errors import Misuse

SPEAK_S: Final = 8


@click.command()
@click.option("--line", "lines", multiple=True, help="Answer on this line alone; once for each. All, unless given.")
@click.option("--call", "called", help="Ring the other side on this line, speak, hang up, and end.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=SPEAK_S, show_default=True,
              help="How long to speak, once connected.")
@click.option("--after", type=click.IntRange(0, 55), default=0, help="Answer only what nobody answered for so long.")
@click.option("--once", is_flag=True, help="End after the first call.")
@officer_option
@station_option
@json_option
def robot(
    lines: Sequence[str],
    called: str | None,
    seconds: int,
    after: int,
    once: bool,
    officer: str | None,
    station: Path,
    as_json: bool,
) -> None:
    """Answer every call that rings here by voice, with a test signal, until Ctrl-C; or place one with --call.

    Exit 0 if sound came, 1 if a call was spoken and none came, 4 if their station never said that it rang.
    """
    _check_extra()
    from openline.cli.robot_officer import Robot

    one = Robot(configs.load(station).api.socket, officer, as_json)
    spoke = asyncio.run(one.ring(called, seconds) if called else one.answer(lines, once=once, after_s=after))
    if spoke is not None:
        raise SystemExit(PEER_SILENT if spoke.state == "not_rung" else OK if spoke.sound else FAULT_HERE)


def _check_extra() -> None:
    """Whether the extra is installed.

    Raises:
        Misuse: it is not.
    """
    try:
        import aiortc as _aiortc
    except ImportError:
        raise Misuse(
            "a robot needs aiortc, which is not installed", next_step='Install it: pip install "openline[robot]".'
        ) from None
    del _aiortc
