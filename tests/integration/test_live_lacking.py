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
