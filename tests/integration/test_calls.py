"""Calls, check-ins and the watch between two real stations, by the commands that officers use (spec 5.6)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from openline.station.api import types_duty as t
from openline.wire.accord import Line
from openline.wire.terms import CheckIn
from tests.integration.pairs import Pair, Station, make_pair

pytestmark = pytest.mark.slow
SOUTH, DAILY = 1, 1


class Ended(NamedTuple):
    code: int
    out: str


def begin(station: Station, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "openline", *words, "--station", str(station.config)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> Ended:
    out, _ = process.communicate(timeout=90)
    return Ended(process.returncode, out)


def run(station: Station, *words: str) -> Ended:
    return finish(begin(station, *words))


def calls(station: Station) -> t.Calls:
    return station.asking.get("/v1/calls", t.Calls)


def rings(station: Station) -> None:
    station.wait_until(lambda: [each for each in calls(station).lasting if each.state == "ringing"])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations on a line that is through, an officer on watch in the north."""
    pair = make_pair(tmp_path_factory.mktemp("calls"))
    pair.start()
    try:
        pair.wait_through()
        assert run(pair.north, "watch", "on", "--officer", "kim").code == 0
        yield pair
    finally:
        pair.stop()


def test_a_call_is_rung_answered_and_sealed_by_both(pair: Pair):
    """The caller follows it from ring to end; both seals are written; the officer on watch is named as who answered."""
    calling = begin(pair.south, "call", "liaison")
    rings(pair.north)
    answered = run(pair.north, "answer")
    assert (answered.code, answered.out) == (0, "liaison: answered by kim\n")
    pair.south.wait_until(lambda: any(each.state == "talking" for each in calls(pair.south).lasting))
    assert run(pair.north, "hangup", "liaison").code == 0

    code, out = finish(calling)

    assert code == 0
    assert re.findall(r"liaison: (ringing them|it rings there|answered: the line|answered and over)", out)[-1:] == [
        "answered and over"
    ]
    for station in pair.both:
        station.wait_until(lambda station=station: calls(station).last[0].sealed)  # type: ignore[misc]


def test_a_line_in_use_is_not_rung_twice(pair: Pair):
    """A second `call` from either side is led to the first one: one ring, one entry."""
    calling = begin(pair.south, "call", "liaison")
    rings(pair.north)
    [first] = calls(pair.south).lasting
    for station in pair.both:
        again = run(station, "call", "liaison", "--no-follow")
        assert again.code == 0
        assert f"{first.id}: " in again.out
        assert "a call lasts on this line already" in again.out
    answer = run(pair.north, "call", "liaison")
    assert answer.code == 0
    assert answer.out.endswith(f"{first.id}: rings here\n")
    assert [each.id for each in calls(pair.north).lasting] == [first.id]

    assert run(pair.north, "decline").code == 0
    assert finish(calling)[0] == 0


@pytest.mark.parametrize(("verb", "state"), [("decline", "declined"), ("defer", "deferred")])
def test_a_call_is_declined_or_deferred(pair: Pair, verb: str, state: str):
    """The caller is told at once, by their signed word, and it is what is observed then."""
    calling = begin(pair.south, "call", "liaison", "--json")
    rings(pair.north)
    assert run(pair.north, verb).code == 0

    code, out = finish(calling)

    assert (code, json.loads(out)["state"]) == (0, state)
    pair.south.wait_observed(state)


def test_ctrl_c_hangs_up(pair: Pair):
    """A caller who gives up ends the call, and it rings no longer on the other side."""
    calling = begin(pair.south, "call", "liaison")
    pair.south.wait_until(lambda: [each.state for each in calls(pair.south).lasting] == ["rang"])  # their word is here
    calling.send_signal(signal.SIGINT)

    code, out = finish(calling)

    assert code == 0
    assert "it rang there, and nobody answered" in out
    pair.north.wait_until(lambda: not calls(pair.north).lasting)
    assert run(pair.north, "answer").code == 3


def test_ring_to_ring_is_quick(pair: Pair):
    """From the officer's command to the ring on the other side, far from what sends anything again: the figure itself
    is the bench's."""
    before = time.monotonic()
    placed = pair.south.asking.post("/v1/calls", t.PlaceCall(line="liaison"), t.Call)
    pair.north.wait_until(lambda: calls(pair.north).lasting)
    took_s = time.monotonic() - before
    pair.south.asking.post(f"/v1/calls/{placed.id}/end")

    assert took_s < 5.0  # after that, what was lost is sent again (spec 5.2)


def test_the_watch_is_handed_over_and_outlives_a_restart(pair: Pair):
    """The handover names both and its moment; the log and who is on watch are there after a kill."""
    assert run(pair.south, "watch", "on", "--officer", "kim").code == 0
    code, out = run(pair.south, "watch", "on", "--officer", "lee")
    assert code == 0
    assert re.fullmatch(r"handed over at .* UTC: kim goes off, lee is on watch\n", out)

    pair.south.kill()
    pair.south.start()

    found = pair.south.asking.get("/v1/watch", t.Watches)
    assert [(each.officer, each.relieved) for each in found.log] == [("lee", "kim"), ("kim", None)]
    assert found.log[1].until_s == found.log[0].from_s
    assert [each.officer for each in found.now] == ["lee"]
    assert run(pair.south, "watch", "off").code == 0
    assert "nobody is on watch" in run(pair.south, "watch").out
    pair.wait_equal()


def test_a_call_that_nobody_answers_ends_by_itself(pair: Pair):
    """After its minute it is recorded as rung and unanswered, with their word that it rang; exit 0, for they spoke."""
    calling = begin(pair.south, "call", "liaison")
    rings(pair.north)

    code, out = finish(calling)

    assert (code, "it rang there, and nobody answered" in out) == (0, True)
    pair.south.wait_observed("rang_unanswered")


def test_a_check_in_is_rung_by_the_stations_own_clock(tmp_path: Path):
    """No officer rings it: when it is due the caller's station does; answered, it is sealed, and status says so."""
    due_s = int(time.time()) + 12
    check_in = CheckIn(due_s % 86_400, SOUTH, DAILY, "UTC")
    pair = make_pair(tmp_path, lines=(Line(id="liaison", carriers=(0,), pulse_s=1, check_ins=(check_in,)),))
    pair.start()
    try:
        pair.wait_through()
        assert run(pair.north, "watch", "on", "--officer", "lee").code == 0
        rings(pair.north)
        assert calls(pair.north).lasting[0].due_s == due_s
        assert run(pair.north, "answer").code == 0
        pair.south.wait_until(lambda: any(each.state == "talking" for each in calls(pair.south).lasting))
        assert run(pair.south, "hangup").code == 0

        def complete() -> bool:
            status = pair.south.status()
            found = [] if status is None else [x for x in status.lines[0].check_ins if x.due_s == due_s]
            return bool(found) and found[0].outcome == "answered" and found[0].complete

        pair.south.wait_until(complete)
        assert "answered, sealed by both" in run(pair.south, "status").out
    finally:
        pair.stop()


def test_a_drill_is_ordered_followed_and_stated(pair: Pair):
    """It rings again until their word comes, and prints the facts in both languages; status and why are as after any
    call."""
    drilling = begin(pair.south, "drill", "liaison", "--officer", "lee")
    rings(pair.north)
    assert run(pair.north, "decline", "--officer", "kim").code == 0

    code, out = finish(drilling)

    assert code == 0
    assert "ordered by lee" in out
    assert "try 1 of 2, liaison: declined" in out
    assert "Statement of facts by south" in out
    assert "south 측의 사실 설명" in out
    again = run(pair.south, "drill", "liaison", "--follow", "--json")
    assert json.loads(again.out)["tries"][0]["state"] == "declined"


def test_a_drill_is_broken_off_by_ctrl_c(pair: Pair):
    """What rings on the other side stops at once, and the statement says what was done until then."""
    drilling = begin(pair.south, "drill", "liaison", "--officer", "lee")
    rings(pair.north)
    drilling.send_signal(signal.SIGINT)

    code, out = finish(drilling)

    assert code == 0
    assert "was broken off" in out
    pair.north.wait_until(lambda: not calls(pair.north).lasting)


def test_a_public_statement_is_quoted_in_why(pair: Pair):
    """A note needs its source and time; it is quoted as what may or may not explain, and listed."""
    words = ("note", "liaison", "We shall not answer.", "--officer", "kim")
    assert run(pair.south, *words).code == 2
    assert run(pair.south, *words, "--source", "KCNA", "--at", "+1h").code == 3
    assert run(pair.south, *words, "--source", "KCNA", "--at", "now").code == 0

    assert "KCNA: We shall not answer.  (noted by kim" in run(pair.south, "note", "liaison").out
    why = json.loads(run(pair.south, "why", "liaison", "--json").out)
    assert any("KCNA" in each and "We shall not answer." in each for each in why["cannot_know"])


def test_history_is_drawn_and_told_alike(pair: Pair):
    """The strip, its table and the JSON tell of the same states, from the first moment that was seen."""
    def changes() -> list[dict[str, Any]]:
        plain: dict[str, Any] = json.loads(run(pair.south, "history", "--json").out)
        return plain["lines"][0]["changes"]

    def seen() -> set[str]:
        return {change["observed"] for change in changes()}

    pair.south.wait_until(lambda: {"not_watching", "through"} <= seen())  # it looks once a second
    drawn, table = run(pair.south, "history", "liaison").out, run(pair.south, "history", "--table").out
    assert "agreed    ━ open" in drawn
    assert all(state in table for state in seen())
    assert len(table.splitlines()) == len(changes()) + 2
