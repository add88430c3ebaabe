"""Threads beside the event loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from openline.station.beside import Beside

PATIENCE_S = 30
HANGS = """
import asyncio, threading
from openline.station.beside import Beside

async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(Beside())
    began = threading.Event()
    hangs = loop.run_in_executor(None, lambda: (began.set(), threading.Event().wait()))
    await loop.run_in_executor(None, began.wait)
    print("stops", flush=True)

asyncio.run(main())
"""


def test_a_call_that_hangs_holds_up_no_end():
    """A name service that does not answer keeps no station from stopping, nor its process from ending."""
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("stops\n", "", 0)


def test_calls_that_hang_take_nobodys_place():
    """However many hang, what is asked next is done, and tells what it gives or raises."""

    async def main() -> None:
        loop, free = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(Beside())
        hanging = [loop.run_in_executor(None, free.wait) for _ in range(64)]
        try:
            async with asyncio.timeout(PATIENCE_S):
                assert await asyncio.to_thread(lambda: 7) == 7
                with pytest.raises(ZeroDivisionError):
                    await asyncio.to_thread(lambda: 1 // 0)
        finally:
            free.set()
        await asyncio.gather(*hanging)

    asyncio.run(main())
