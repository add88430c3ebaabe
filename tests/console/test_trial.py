"""The console that asks for no passkey: only for a play or a trial, and only on this machine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from openline.console.acting import ANYONE
from openline.console.link import Unreachable
from openline.console.trial import COOKIE, TrialGate, known, trial_console
from openline.station.api import types as t
from openline.station.api.types_agreed import TRIAL, Agreed
from openline.station.api.types_play import Play
from openline.wire.errors import Misuse
from tests.console.conftest import browsing


class Station:
    """A link to a station that was founded under some name, and is a play or not."""

    def __init__(self, name: str, played: bool = False) -> None:
        self.name, self.played, self.down = name, played, False

    async def get(self, path: str, gives: Any, **query: Any) -> Any:
        if self.down:
            raise Unreachable("the station does not answer")
        if gives is Agreed:
            return _agreed(self.name)
        if gives is Play and not self.played:
            raise Misuse("the station does not know this request (404)")
        return object() if gives is Play else _status()


def _agreed(name: str) -> Any:
    class Side:
        officers = (type("Officer", (), {"name": "kim"}), type("Officer", (), {"name": "lee"}))

    return type("Agreed", (), {"name": name, "us": 0, "sides": (Side, Side)})


def _status() -> Any:
    return type("Status", (), {"watch": (t.OnDuty(post="desk", officer="lee", since_s=1),)})


def request(cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("station", "let_in"),
    [
        (Station("Treaty of two sides"), False),
        (Station("trial"), False),
        (Station(TRIAL), True),
        (Station("27 July 2021", played=True), True),
    ],
)
def test_nobody_acts_without_a_passkey_at_a_real_station(station, let_in):
    """A station lets anybody in only if it is a play, or if both sides signed that theirs is a trial."""
    acting = asyncio.run(TrialGate(station).acting(request()))

    assert (acting is not None) is let_in


def test_an_impostor_of_a_trial_is_found_out():
    """The station behind the address became another one: whoever was let in before is let in no more."""

    async def use() -> None:
        station = Station(TRIAL)
        gate = TrialGate(station)
        assert await gate.acting(request()) is not None
        station.name = "Treaty of two sides"
        gate._asked_s -= 10
        assert await gate.acting(request()) is None

    asyncio.run(use())


def test_a_browser_chooses_whom_it_acts_as():
    """The first officer, unless it chose another; a name that is nobody's is not taken."""

    async def use() -> None:
        gate = TrialGate(Station(TRIAL))
        first, second = await gate.acting(request()), await gate.acting(request(f"{COOKIE}=lee"))
        assert first is not None
        assert second is not None
        assert (first.officer, first.post, second.officer, second.post) == ("kim", "", "lee", "desk")
        assert first.roles == ANYONE
        nobody = await gate.acting(request(f"{COOKIE}=president"))
        assert nobody is not None
        assert nobody.officer == "kim"

    asyncio.run(use())


def test_a_station_that_is_down_is_what_it_was():
    """A trial whose station does not answer shows so, instead of asking for a passkey."""

    async def use() -> None:
        station = Station(TRIAL)
        gate = TrialGate(station)
        await gate.acting(request())
        station.down = True
        gate._asked_s -= 10
        assert await gate.acting(request()) is not None

    asyncio.run(use())


def test_a_station_that_never_answered_lets_nobody_in():
    """What it is nobody knows."""
    station = Station(TRIAL)
    station.down = True

    assert asyncio.run(TrialGate(station).acting(request())) is None


@pytest.mark.parametrize(
    ("listen", "origin"),
    [
        ("0.0.0.0:7101", "http://south.localhost:7101"),
        ("127.0.0.1:7101", "http://console.example"),
        ("127.0.0.1:7101", "http://evil-localhost:7101"),
        ("127.0.0.1:7101", "https://console.example"),
    ],
)
def test_it_is_served_to_this_machine_alone(tmp_path, listen, origin):
    """No other machine reaches it, and no name of elsewhere leads to it."""

    async def serve() -> None:
        async with trial_console(tmp_path / "none", listen, origin):
            raise AssertionError("it was served")

    with pytest.raises(Misuse, match="this machine alone"):
        asyncio.run(serve())


def test_a_real_station_gets_no_such_console(pair):
    """It is refused before anything listens."""

    async def serve() -> None:
        async with trial_console(pair.south.folder / "station.sock", "127.0.0.1:0", "http://south.localhost:0"):
            raise AssertionError("it was served")

    with pytest.raises(Misuse, match="neither a play nor a trial"):
        asyncio.run(serve())


def test_a_real_console_has_no_such_place(pair):
    """Where people sign in, nobody chooses whom to be, and there is no band."""
    for browser in browsing(pair.south.folder / "station.sock"):
        assert browser.post("/trial/officer", data={"officer": "lee"}).status_code == 404
        assert "trial/officer" not in browser.get("/").text
        assert "/play/speed" not in browser.get("/").text
        assert browser.post("/play/next").status_code == 400


def test_which_stations_are_for_trying():
    """`known` gives nothing of one that is not."""
    assert asyncio.run(known(Station("Treaty"))) is None  # type: ignore[arg-type]
