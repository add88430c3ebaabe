"""What a live carrier says while it has no path."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from openline.station.config_reading import Address
from openline.wire.said import as_text, sentence_of
from tests.integration.pairs import free_port
from tests.integration.test_live import Ear, Ends


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


def test_why_there_is_no_path_yet_is_told(ends):
    """Who listens says that it waits, and who dials where nobody answers says so: neither was "not tried yet"."""

    async def act() -> None:
        nobody = free_port()
        dialling, listening = Ear(), Ear()
        tasks = [
            asyncio.create_task(ends.end(0, 1, connect=(Address(f"127.0.0.1:{nobody}"),)).run(dialling)),
            asyncio.create_task(ends.end(0, 1, listen=f"127.0.0.1:{free_port()}").run(listening)),
        ]
        await dialling.until(lambda: f"127.0.0.1:{nobody}: Connect" in dialling.lacks)
        told = msgspec.json.encode(sentence_of(dialling.lacks), enc_hook=as_text)  # as the API does, addresses too
        assert f"127.0.0.1:{nobody}".encode() in told
        await listening.until(lambda: listening.lacks == "waits for the other side to connect")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(ends.both(act))


def test_a_cable_whose_interface_is_not_there_keeps_nobody_from_starting(ends):
    """The carrier runs, says so once to the operator, and shows it; the other carriers are none the worse."""

    async def act() -> None:
        ear = Ear()
        running = asyncio.create_task(ends.end(0, 1, listen=f"192.0.2.77:{free_port()}").run(ear))
        await ear.until(lambda: "no interface of this machine had the address" in ear.lacks)
        assert [each for each in ear.told if "no interface of this machine has the address of 192.0.2.77" in each]
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(ends.both(act))
