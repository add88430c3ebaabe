"""The console's process, kept running beside the station that started it (ADR 0021).

Rules of this file: the station never waits for it and never ends because of it; one that ends is started again, later
each time; it is told to stop when the station stops, and ended if it does not.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_S: Final = 60.0  # after so long it counts as having come up
STOP_S: Final = 5.0
STATION: Final = "OPENLINE_STATION_PID"  # the station's own, told to what it starts


def console_command(config: Path) -> list[str]:
    return [sys.executable, "-m", "openline", "console", "run", str(config)]


@asynccontextmanager
async def beside(command: Sequence[str], say: Callable[..., None]) -> AsyncIterator[None]:
    """Keep `command` running for as long as the context lasts. `say`: is told of its starts and ends."""
    task = asyncio.create_task(_keep(command, say))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep(command: Sequence[str], say: Callable[..., None]) -> None:
    tries, loop = 0, asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            ended: dict[str, object] = {"code": await _run(command, say)}
        except OSError as error:  # no program, no right to it, no more processes: the station goes on without
            ended = {"why": error.strerror}
        tries = 0 if loop.time() - started > STEADY_S else tries + 1
        again_s = AGAIN_S[min(max(tries - 1, 0), len(AGAIN_S) - 1)]
        say("console_ended", **ended, again_s=again_s)
        await _wait(again_s)


async def _run(command: Sequence[str], say: Callable[..., None]) -> int:
    """Run it once; the code it ended with.

    Raises:
        OSError: it cannot be run.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, env={**os.environ, STATION: str(os.getpid())}
    )
    say("console_started", pid=process.pid)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _stop(process)
        raise


async def _wait(seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
