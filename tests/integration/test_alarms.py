"""Alarms of a real station: told to a program, acknowledged by command, remembered across a kill (spec 8.5)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.station.api import types_duty as t
from tests.integration.pairs import Pair, Station, make_pair
from tests.integration.test_calls import begin, finish, rings, run

pytestmark = pytest.mark.slow
SCRIPT = (
    "import os, sys; told = ' '.join(os.environ['OPENLINE_' + k] for k in ('EVENT', 'ALARM', 'LINE'));"
    "os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), (told + '\\n').encode())"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the program of both stations notes what it was told."""
    path = tmp_path_factory.mktemp("told") / "told"
    path.touch()
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, told: Path) -> Iterator[Pair]:
    words = json.dumps([sys.executable, "-c", SCRIPT, str(told)])
    pair = make_pair(tmp_path_factory.mktemp("alarms"), extra=f"[alarm]\ncommand = {words}\n")
    pair.start()
    try:
        pair.wait_through()
        yield pair
    finally:
        pair.stop()


def sounding(station: Station) -> tuple[t.Alarm, ...]:
    return station.asking.get("/v1/alarms", t.Alarms).sounding


def test_a_ringing_call_is_told_and_acknowledged(pair: Pair, told: Path):
    """The program is run at once, the officer is named beside the quiet alarm, and with the ring the alarm ends."""
    calling = begin(pair.south, "call", "liaison")
    rings(pair.north)
    pair.north.wait_until(lambda: "begin call_ringing liaison\n" in told.read_text())
    assert run(pair.north, "alarm", "acknowledge").code == 3
    assert run(pair.north, "watch", "on", "--officer", "lee").code == 0

    code, out = run(pair.north, "alarm", "acknowledge", "--comment", "on my way")

    assert code == 0
    assert "call_ringing on liaison (high)" in out
    assert "lee knows since" in out
    assert "on my way" in out
    assert "call_ringing (lee knows)" in run(pair.north, "status").out
    assert run(pair.north, "answer").code == 0
    pair.north.wait_until(lambda: not sounding(pair.north))
    assert run(pair.north, "hangup").code == 0
    assert finish(calling).code == 0


def test_an_acknowledged_flash_stays_quiet_across_a_kill(pair: Pair, told: Path):
    """Who knew of it before the station was killed is named after it, and nobody is told twice."""
    pair.south.message("at once", precedence="FLASH")
    pair.north.wait_until(lambda: [each.alarm for each in sounding(pair.north)] == ["flash_unread"])
    pair.north.wait_until(lambda: "begin flash_unread liaison\n" in told.read_text())
    assert run(pair.north, "alarm", "acknowledge", "--officer", "kim").code == 0
    pair.north.kill()
    before = told.read_text().count("flash_unread")
    pair.north.start()
    pair.wait_equal()

    [each] = [each for each in sounding(pair.north) if each.alarm == "flash_unread"]

    assert each.acknowledged_by == "kim"
    assert told.read_text().count("flash_unread") == before


def test_a_test_of_the_ways_is_real(pair: Pair, told: Path, tmp_path: Path):
    """Exit 0 where every way took it; 1 where one did not, which is then told in status; 1 where there is none."""
    code, out = run(pair.north, "alarm", "test")
    assert (code, out) == (0, f"command {Path(sys.executable).name}: delivered\n")
    assert "test test \n" in told.read_text()

    config = pair.south.config
    kept = config.read_text()
    pair.south.stop()
    config.write_text(kept.replace("[alarm]\n", '[alarm]\nwebhook = ["http://127.0.0.1:1/"]\n'))
    pair.south.start()
    code, out = run(pair.south, "alarm", "test")
    assert code == 1
    assert "webhook 127.0.0.1: failed: Connection refused" in out
    assert "alarms do not go by webhook 127.0.0.1: Connection refused" in run(pair.south, "status").out

    pair.south.stop()
    config.write_text("\n".join(x for x in kept.split("\n") if not x.startswith(("[alarm]", "command"))))
    pair.south.start()
    code, out = run(pair.south, "alarm", "test")
    assert code == 1
    assert "no way is configured" in out
