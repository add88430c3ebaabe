"""Voice between two real stations: a robot at each end, both relays between, sound measured (spec 5.10)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from openline.cli.robot_voice import Talk
from openline.station import config as configs
from openline.station.api import types_duty as duty
from openline.station.api import types_voice as t
from openline.wire.errors import Refused
from tests.integration.pairs import Pair, Station, make_pair
from tests.integration.test_calls import begin, calls, finish, rings, run

pytestmark = pytest.mark.slow
HERE = "127.0.0.1"
SOUTH = 1
PATIENCE_S = 30.0
HALF = t.HandVoice(fingerprint="ab" * 32, ufrag="user", pwd="p" * 22, payload_type=111)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations with voice on a line that is through."""
    pair = make_pair(tmp_path_factory.mktemp("voice"), voice=True)
    pair.start()
    try:
        pair.wait_through()
        yield pair
    finally:
        pair.stop()


@pytest.fixture
def spoken(pair: Pair) -> Iterator[str]:
    """A call of the south's that the north answered, without voice yet; over when the test is."""
    call = pair.south.asking.post("/v1/calls", duty.PlaceCall(line="liaison", officer="kim"), duty.Call)
    rings(pair.north)
    pair.north.asking.post(f"/v1/calls/{call.id}/word", duty.PickUp(word="answer", officer="lee"))
    pair.south.wait_until(lambda: state_of(pair.south, call.id) == "talking")
    yield call.id
    if state_of(pair.south, call.id) == "talking":
        pair.south.asking.post(f"/v1/calls/{call.id}/end")
    pair.north.wait_until(lambda: not calls(pair.north).lasting)


def state_of(station: Station, call: str) -> str:
    return station.asking.get(f"/v1/calls/{call}", duty.Call).state


def voice(station: Station, call: str) -> t.Voice:
    return station.asking.get(f"/v1/calls/{call}/voice", t.Voice)


def robot(station: Station, *words: str) -> subprocess.Popen[str]:
    return begin(station, "robot", "--officer", "kim", "--json", *words)


def test_two_robots_hear_each_other_through_both_relays(pair: Pair):
    """From ring to end by the officers' verb: each hears some seconds of sound, and both seals are written."""
    answering = robot(pair.north, "--once")
    calling = robot(pair.south, "--call", "liaison", "--seconds", "6")
    for process in (calling, answering):
        code, out = finish(process)
        told = json.loads(out)
        assert code == 0, out
        assert [told[each] for each in ("paired", "connected", "sound")] == [True, True, True]
        assert told["seconds"] > 2
        assert 0.02 < told["level"] < 0.5
        assert (told["refused"], told["trouble"]) == ("", "")
    for station in pair.both:
        station.wait_until(lambda station=station: calls(station).last[0].sealed)  # type: ignore[misc]


def test_a_robot_without_its_extra_says_what_to_install(pair: Pair, tmp_path: Path):
    """Not a traceback: what is missing, and how to get it; exit 2."""
    (tmp_path / "aiortc.py").write_text("raise ImportError('not here')")
    done = subprocess.run(
        [sys.executable, "-m", "openline", "robot", "--station", str(pair.south.config)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs aiortc" in done.stderr
    assert "openline[robot]" in done.stderr


def test_a_station_without_voice_says_so_and_the_call_is_by_text(tmp_path: Path):
    """No [voice]: the half is refused with what to do, the call stands, and a message goes beside it."""
    pair = make_pair(tmp_path)
    pair.start()
    try:
        pair.wait_through()
        call = pair.south.asking.post("/v1/calls", duty.PlaceCall(line="liaison", officer="kim"), duty.Call)
        rings(pair.north)
        pair.north.asking.post(f"/v1/calls/{call.id}/word", duty.PickUp(word="answer", officer="lee"))
        pair.south.wait_until(lambda: state_of(pair.south, call.id) == "talking")
        assert not voice(pair.south, call.id).available
        with pytest.raises(Refused, match="no voice"):
            pair.south.asking.post(f"/v1/calls/{call.id}/voice", HALF, t.Voice)
        pair.south.message("We cannot speak; I write.")
        assert state_of(pair.south, call.id) == "talking"
    finally:
        pair.stop()


def test_halves_reach_the_other_side_whole_and_show_no_address(pair: Pair, spoken: str):
    """What one side hands in the other reads; the only address there is is that side's own relay."""
    pair.south.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    pair.north.wait_until(lambda: voice(pair.north, spoken).theirs)
    found = voice(pair.north, spoken)
    assert found.theirs is not None
    assert (found.theirs.fingerprint, found.theirs.ufrag, found.theirs.pwd) == ("ab" * 32, "user", "p" * 22)
    assert (found.caller, found.paired, found.relay) == (False, False, None)
    state = pair.north.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    assert state.paired
    assert state.relay is not None
    assert state.relay.address == HERE


def test_one_way_sound_is_noticed(pair: Pair, spoken: str):
    """The south's browser sends as speech does and the north's sends nothing: each side says what it lacks."""
    for station in pair.both:
        station.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    pair.south.wait_until(lambda: voice(pair.south, spoken).paired)
    relay = voice(pair.south, spoken).relay
    assert relay is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:

        def trouble(station: Station) -> str:
            for _ in range(25):
                browser.sendto(b"sealed sound", (relay.address, relay.port))
            return voice(station, spoken).trouble

        pair.south.wait_until(lambda: trouble(pair.south) == "nothing_comes")
        pair.north.wait_until(lambda: trouble(pair.north) == "nothing_goes")
    figures = voice(pair.north, spoken).figures
    assert figures is not None
    assert figures.heard_packets > 0
    assert figures.sent_packets == 0


def test_strangers_at_the_outer_port_are_not_heard(pair: Pair, spoken: str):
    """A flood of datagrams without the token: nothing is counted as heard, nothing is answered, the call stands."""
    table = configs.load(pair.north.config).voice
    assert table is not None
    for station in pair.both:
        station.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect((HERE, table.listen.port))
        stranger.setblocking(False)
        for number in range(500):
            stranger.send(number.to_bytes(8, "big") + b"noise" * 20)
        figures = pair.north.wait_until(lambda: voice(pair.north, spoken).figures)
        assert figures.heard_packets == 0
        with pytest.raises(BlockingIOError):
            stranger.recv(1)


def asked_half(station: Station, call: str, half: t.HandVoice) -> t.Voice:
    found: t.Voice = station.asking.post(f"/v1/calls/{call}/voice", half, t.Voice)
    return found


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)


def test_a_certificate_other_than_the_signed_one_gets_no_sound(pair: Pair, spoken: str):
    """Whoever put himself between browser and station and shows another certificate: the handshake fails, and nothing
    is heard; with the right one, by the same way, it stands."""

    async def talk(altered: bool) -> tuple[str, float]:
        talks = [Talk(caller=station.side == SOUTH) for station in pair.both]
        for station, one in zip(pair.both, talks, strict=True):
            half = await one.half()
            if altered and station is pair.north:
                half = msgspec.structs.replace(half, fingerprint="ab" * 32)
            asked_half(station, spoken, half)
        for station, one in zip(pair.both, talks, strict=True):
            await until(lambda station=station: voice(station, spoken).paired)  # type: ignore[misc]
            found = voice(station, spoken)
            assert found.theirs is not None
            assert found.relay is not None
            await one.connect(found.theirs, found.relay)
        south = talks[SOUTH]
        await until(lambda: south.state in ("failed", "closed") or south.heard().seconds > 0.5)
        ended = south.state, south.heard().seconds
        for one in talks:
            await one.close()
        return ended

    state, seconds = asyncio.run(talk(altered=True))
    assert (state in ("failed", "closed"), seconds) == (True, 0)
    state, seconds = asyncio.run(talk(altered=False))
    assert state == "connected"
    assert seconds > 0.5


def test_a_page_that_is_loaded_anew_is_heard_again(pair: Pair):
    """The north's browser goes and comes back with another certificate: a second round, and the robot that rang hears
    on and is heard."""
    calling = robot(pair.south, "--call", "liaison", "--seconds", "12")
    rings(pair.north)
    call = calls(pair.north).lasting[0].id
    pair.north.asking.post(f"/v1/calls/{call}/word", duty.PickUp(word="answer", officer="lee"))

    async def speak(number: int) -> None:
        one = Talk(caller=False)
        asked_half(pair.north, call, await one.half())
        await until(lambda: voice(pair.north, call).paired)
        found = voice(pair.north, call)
        assert found.theirs is not None
        assert found.relay is not None
        assert found.theirs.round == number
        await one.connect(found.theirs, found.relay)
        await until(lambda: one.heard().seconds > 1)
        assert one.heard().sound
        await one.close()

    asyncio.run(speak(1))
    asyncio.run(speak(2))
    pair.north.asking.post(f"/v1/calls/{call}/end")
    code, out = finish(calling)
    assert code == 0, out
    assert json.loads(out)["sound"]


def test_there_is_no_voice_when_the_call_is_over(pair: Pair, spoken: str):
    """The inner port is closed with the call, and a half is refused."""
    state = pair.south.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    assert run(pair.south, "hangup").code == 0
    pair.south.wait_until(lambda: voice(pair.south, spoken).over)
    with pytest.raises(Refused, match="is over"):
        pair.south.asking.post(f"/v1/calls/{spoken}/voice", HALF, t.Voice)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind((state.relay.address, state.relay.port))
