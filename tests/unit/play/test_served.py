"""A play whose two stations answer the local API: the same play, at the pace that whoever watches chooses."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from openline.play.engine import Player
from openline.play.loading import load
from openline.play.pacing import Pacing
from openline.play.served import Side
from openline.play.serving import served
from openline.play.telling import Teller
from openline.wire.errors import StorageFault

FOLDER = Path(__file__).parent.parent.parent.parent / "scenarios"
STORY = "2021-07-27"
FILES = sorted(path for path in FOLDER.glob("*.toml") if path.stem != STORY)
STEPS = """
[scenario]
title = "A morning"
start = 2021-07-27T09:00:00+09:00
zone = "Asia/Seoul"
sides = ["north", "south"]
[[carrier]]
id = "copper"
kind = "live"
latency_ms = 20
[[line]]
id = "panmunjom"
carriers = ["copper"]
[[step]]
at = 2021-07-27T09:10:00+09:00
by = "north"
do = "message"
ref = "m"
line = "panmunjom"
text = "Good morning."
note = "The first words."
invented = true
[[step]]
at = 2021-07-27T09:20:00+09:00
expect = { side = "north", ref = "m", receipt = "shown" }
[[step]]
at = 2021-07-27T09:30:00+09:00
fault = "station_down"
side = "south"
[[step]]
at = 2021-07-27T09:40:00+09:00
fault = "station_up"
side = "south"
"""
START_S = int(datetime.fromisoformat("2021-07-27T09:00:00+09:00").timestamp())


class Real:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


class Watched:
    """A play that is watched, driven by hand."""

    def __init__(self, text: str, folder: Path, real: Real | None = None) -> None:
        self.sides: list[Side] = []
        self.real = real
        self.player = Player(load(text, "play.toml"), 1, folder, watchers=self._watch)
        for side in self.sides:
            side.settle = self.player.settle
        clock = {} if real is None else {"real": real}
        self.pacing = Pacing(self.player, (self.sides[0], self.sides[1]), **clock)

    def _watch(self, station: Any) -> Side:
        self.sides.append(Side(station))
        return self.sides[-1]

    def next(self) -> None:
        """Run on to the next step, while somebody keeps asking both stations how things stand."""
        self.pacing.hurry()
        while self.pacing.hurrying:
            self.pacing.advance()
            for side in self.sides:
                if side.station.desk is not None:
                    side.found().status()

    def wait(self, seconds: float) -> None:
        """Let so much of real time pass."""
        assert self.real is not None
        for _ in range(round(seconds * 20)):
            self.real.s += 0.05
            while self.pacing.advance():
                pass


@pytest.fixture
def morning(tmp_path: Path) -> Any:
    made = Watched(STEPS, tmp_path, Real())
    yield made
    made.player.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_play_that_is_served_is_the_same_play(path: Path, tmp_path: Path) -> None:
    """Watched, asked and looked at all the while, it tells word for word what it tells when nobody looks."""
    text = path.read_text(encoding="utf-8")
    alone, seen = tmp_path / "alone", tmp_path / "seen"
    alone.mkdir()
    seen.mkdir()
    player = Player(load(text, "play.toml"), 1, alone)
    plain = Teller(player, quiet=True)
    player.play(plain.tell)
    player.close()

    watched = Watched(text, seen)
    teller = Teller(watched.player, quiet=True)
    while watched.pacing.next_step is not None:
        before = len(watched.pacing.told)
        watched.next()
        for outcome in watched.pacing.told[before:]:
            teller.tell(outcome)
    watched.player.close()

    assert _steps(teller) == _steps(plain)


def _steps(teller: Teller) -> Any:
    """What was told of every step. Between steps of one instant nothing passes, whoever counts it."""
    return [
        {name: value for name, value in step.items() if name != "between"}
        for step in json.loads(teller.as_json(1))["steps"]
    ]


def test_time_runs_as_fast_as_is_chosen(morning):
    """Second by second, sixty times as fast, or not at all."""
    morning.wait(10)
    assert morning.player.world.now_ms // 1000 == START_S + 10

    morning.pacing.set_speed(60)
    morning.wait(5)
    assert morning.player.world.now_ms // 1000 == pytest.approx(START_S + 310, abs=3)

    morning.pacing.set_speed(0)
    stood = morning.player.world.now_ms
    morning.wait(5)
    assert morning.player.world.now_ms == stood


def test_what_somebody_chooses_is_told_at_once(morning):
    """Whoever waits for a change at either side sees it, though a play that is paused does nothing."""
    turns = [side.found().runner.turns for side in morning.sides]
    morning.pacing.set_speed(0)

    assert all(side.found().runner.turns > known for side, known in zip(morning.sides, turns, strict=True))


def test_a_step_happens_at_its_instant_and_is_told(morning):
    """`next` runs on to the step, does it, and time goes on from there; what is invented says so."""
    told = morning.pacing.as_told(morning.sides[1])
    assert (told.last, told.next.words, told.next.invented) == (None, "The first words.", True)

    morning.next()
    told = morning.pacing.as_told(morning.sides[1])
    assert (told.last.number, told.last.held, told.now_s) == (1, True, START_S + 600)

    morning.wait(2)
    assert morning.sides[1].found().status().now_s == START_S + 602


def test_a_step_comes_by_itself_when_its_time_has_come(morning):
    """Nobody need ask for it."""
    morning.pacing.set_speed(60)
    morning.wait(11)

    assert [outcome.step.number for outcome in morning.pacing.told] == [1]
    assert [item.kind for item in morning.sides[1].found().inbox.all(10).items] == ["message"]


def test_a_station_that_is_down_in_the_play_says_so(morning):
    """Its API answers nothing else until the play brings it up again."""
    for _ in range(3):
        morning.next()
    with pytest.raises(StorageFault, match="south: the station is down in this play"):
        morning.sides[1].found()
    assert morning.sides[0].found().status().side == "north"

    morning.next()
    assert morning.sides[1].found().status().side == "south"


def test_a_person_at_the_desk_replaces_the_robots(morning):
    """What comes is left for the person, and the play goes on though it comes out otherwise."""
    morning.sides[1].station.set_attended(True)
    morning.next()
    morning.wait(2)
    assert morning.sides[1].found().status().unopened == 1

    morning.next()
    told = morning.pacing.as_told(morning.sides[1])
    assert (told.attended, told.apart, told.last.held) == (True, True, False)

    morning.sides[1].station.set_attended(False)
    morning.wait(1)
    assert morning.sides[1].found().status().unopened == 0


def test_nothing_is_left_after_the_last_step(morning):
    """Then `next` does nothing, and time runs on."""
    for _ in range(4):
        morning.next()
    morning.next()
    assert (morning.pacing.next_step, morning.pacing.hurrying) == (None, False)

    before = morning.player.world.now_ms
    morning.wait(3)
    assert morning.player.world.now_ms == before + 3000


# ---- over its sockets


def asked(path: Path, method: str, what: str, body: Any = None) -> tuple[int, Any]:
    """One request on a Unix socket."""
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(str(path))
    try:
        connection.request(method, what, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_both_sides_answer_on_sockets_of_their_own(tmp_path):
    """The routes of a station, and those of the play: what is done on one side's socket comes to the other's."""

    async def use() -> None:
        north, south = tmp_path / "n", tmp_path / "s"
        playing: AbstractAsyncContextManager[Pacing] = served(load(STEPS, "play.toml"), 1, tmp_path, (north, south))
        async with playing:
            async def ask(path: Path, method: str, what: str, body: Any = None) -> Any:
                status, answer = await asyncio.to_thread(asked, path, method, what, body)
                assert status == 200, answer
                return answer

            assert (await ask(north, "GET", "/v1/status"))["side"] == "north"
            await ask(south, "POST", "/v1/play/desk", {"attended": True})
            made = await ask(north, "POST", "/v1/drafts", {"do": "message", "line": "panmunjom", "text": "Now."})
            assert made["entry"]
            await ask(north, "POST", "/v1/play/speed", {"speed": 60})
            while not (inbox := await ask(south, "GET", "/v1/inbox"))["items"]:
                pass
            ref = inbox["items"][0]["ref"]
            assert (await ask(south, "POST", "/v1/inbox/open", {"ref": ref, "officer": "Officer 1"}))["receipt"]
            call = await ask(south, "POST", "/v1/calls", {"line": "panmunjom", "officer": "Officer 1"})
            changed = await ask(south, "GET", f"/v1/calls/{call['id']}?unless=placed")
            assert changed["state"] != "placed"
            assert (await ask(south, "GET", "/v1/play"))["speed"] == 60
            status, _ = await asyncio.to_thread(asked, south, "POST", "/v1/play/speed", {"speed": 7})
            assert status == 400
        assert not north.exists()

    asyncio.run(use())
