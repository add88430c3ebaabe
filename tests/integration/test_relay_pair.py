"""Two whole stations that have nothing between them but a relay (spec 5.4, 11.3)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openline.wire.accord import Carrier, CarrierKind
from tests.integration.nats_server import NatsServer
from tests.integration.pairs import make_pair

pytestmark = pytest.mark.slow


def test_two_stations_speak_by_a_relay_alone_and_the_silence_is_explained(tmp_path: Path):
    """Messages pass both ways; one station is killed: the relay says so, keeps what is sent, and hands it over; the
    relay is killed: the stations say that they cannot tell, and are through again when it is back."""
    server = NatsServer(tmp_path)
    asyncio.run(server.start())
    relay = Carrier(id="relay", kind=CarrierKind.RELAY, latency_ms=5)
    pair = make_pair(tmp_path, carriers=((relay, *[f'servers = ["{server.url}"]'] * 2),))
    try:
        pair.start()
        pair.wait_through()
        pair.north.message("one")
        pair.south.message("two")
        pair.wait_equal()

        pair.south.kill()
        pair.north.wait_observed("their_station_down")
        for number in range(40):
            pair.north.message(f"while you were away {number}")
        pair.south.start()
        pair.wait_equal()
        pair.wait_through()

        server.kill()
        for station in pair.both:
            station.wait_observed("cannot_tell")
        asyncio.run(server.start())
        pair.wait_through()
        pair.south.message("after the relay came back")
        pair.wait_equal()
    finally:
        pair.stop()
        server.stop()
