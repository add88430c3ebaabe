"""What the demo leaves running beside its two stations, as a process of its own: the story with a console for each
side, or the consoles of the pair.

    python -m openline.cli.demo_serving story FILE.toml FOLDER NORTH SOUTH
    python -m openline.cli.demo_serving pair FOLDER NORTH SOUTH

Rules of this file: it is no verb, and serves this machine alone; NORTH and SOUTH are the ports of their consoles; it
ends on SIGTERM. Its consoles ask for no passkey, and so serve plays and trials alone (`console/trial.py` holds that).
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from openline.cli.demo_consoles import LIVE, origin
from openline.cli.play import memory_folder
from openline.cli.standing import CONFIG_FILE, TRIAL_SIDES
from openline.console.trial import trial_console
from openline.keys.keyfile import open_plain_key_file, plain_key_file
from openline.keys.secret import OfficerKey
from openline.play.loading import load
from openline.play.scenario import Scenario
from openline.play.serving import served
from openline.station import config as configs
from openline.station.api.types_play import Speed
from openline.station.reading import read_secret
from openline.wire.errors import Misuse

SEED: Final = 1
OFFICER: Final = "officer"  # the kind of an officer's key file, and how its name begins
SPEED: Final[Speed] = 60  # the story begins half an hour before its first call


async def story(scenario: Scenario, sockets: tuple[Path, Path], ports: tuple[int, int]) -> None:
    """Play a scenario for both sides' consoles until stopped."""
    stopping = _stopping()
    with tempfile.TemporaryDirectory(prefix="openline-story-", dir=memory_folder()) as folder:
        async with AsyncExitStack() as stack:
            pacing = await stack.enter_async_context(served(scenario, SEED, Path(folder), sockets))
            pacing.set_speed(SPEED)
            stations = pacing.player.stations
            for station, socket, port in zip(stations, sockets, ports, strict=True):
                keys = {each.name: plain_key_file(each.to_bytes(), OFFICER) for each in station.keys.officers}
                console = trial_console(socket, f"127.0.0.1:{port}", origin(station.name, port), keys)
                await stack.enter_async_context(console)
            waiting = asyncio.create_task(stopping.wait())
            await asyncio.wait([waiting, *pacing.tasks], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()


async def pair(folder: Path, ports: tuple[int, int]) -> None:
    """Serve the consoles of two live stations until stopped."""
    stopping = _stopping()
    async with AsyncExitStack() as stack:
        for side, port in zip(TRIAL_SIDES, ports, strict=True):
            socket = configs.load(folder / side / CONFIG_FILE).api.socket
            keys = dict(map(_officer, sorted((folder / side / "keys").glob(f"{OFFICER}-*.key"))))
            console = trial_console(socket, f"127.0.0.1:{port}", origin(f"{LIVE}{side}", port), keys)
            await stack.enter_async_context(console)
        await stopping.wait()


def _officer(path: Path) -> tuple[str, bytes]:
    """An officer's name, and their key file."""
    data = read_secret(path)
    opened = open_plain_key_file(data)
    if opened is None:
        raise Misuse(f"{path}: a trial's keys have no passphrase")
    return OfficerKey.from_bytes(opened[1]).name, data


def _stopping() -> asyncio.Event:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def main(arguments: list[str]) -> None:
    what, *rest, folder, north, south = arguments
    ports = int(north), int(south)
    if what == "story":
        scenario = load(Path(rest[0]).read_text(encoding="utf-8"), rest[0])
        first, second = (Path(folder, f"{side}.sock") for side in scenario.sides)
        asyncio.run(story(scenario, (first, second), ports))
    else:
        asyncio.run(pair(Path(folder), ports))


if __name__ == "__main__":
    main(sys.argv[1:])
