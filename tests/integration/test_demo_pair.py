"""What the demo leaves running: stations and consoles started, tried, started anew, stopped; no process is left."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.cli import demo as demos
from openline.cli import demo_consoles, demo_pair, left_running
from openline.cli.standing import make_pair
from openline.keys.secret import SystemEntropy
from openline.wire.errors import StorageFault
from tests.integration.keeping import run

pytestmark = pytest.mark.slow


@pytest.fixture
def into() -> Iterator[Path]:
    """A folder with a short path, for the stations' sockets; whatever happens, its stations are stopped."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)
        demo_consoles.stop(Path(folder))
        demo_pair.stop(Path(folder))


def numbers(into: Path) -> list[int | None]:
    return [left_running.number_of(left) for left in demo_pair.lefts(into)]


def test_two_live_stations_are_left_and_stopped_by_one_command(into):
    """Each command shown does its work, a message gets through, a second demo replaces the first, --stop ends both."""
    commands = [row for row in demo_pair.start(into) if not row.startswith("#")]
    for command in commands[:-1]:
        assert run(*shlex.split(command)).output
    assert len(commands) == 6
    first = numbers(into)
    assert None not in first

    demo_pair.start(into)
    second = numbers(into)
    assert not set(first) & set(second)
    origins = demo_consoles.start_live(into)
    assert [demo_consoles.answers(each) for each in origins] == [True, True]
    assert "2 stations stopped\ntheir consoles" in run(*shlex.split(commands[-1])).output
    assert [demo_consoles.answers(each) for each in origins] == [False, False]
    assert numbers(into) == [None, None]
    assert "no stations" in run(*shlex.split(commands[-1])).output


def test_a_station_that_does_not_come_up_leaves_none_running(into, monkeypatch):
    """Where one fails, why is told at once, though the other waits for it, and the other is stopped too."""
    made = demo_pair.make_pair

    def spoilt(at: Path, *more: object) -> object:
        paths = made(at, *more)
        (at / "south" / "record.sqlite").write_bytes(b"")
        return paths

    monkeypatch.setattr(demo_pair, "make_pair", spoilt)
    monkeypatch.setattr(left_running, "PATIENCE_S", 300.0)  # what is told late is not told
    with pytest.raises(StorageFault, match=r"south/station.toml: it did not come up: .*is empty"):
        demo_pair.start(into)
    assert numbers(into) == [None, None]


def test_another_process_of_that_number_is_not_ended(into):
    """A number that was written down long ago and is somebody else's by now is nobody to stop."""
    folder = into / "pair" / "north"
    folder.mkdir(parents=True)
    (folder / "station.pid").write_text("1")
    assert demo_pair.stop(into) == 0


def test_the_story_is_served_to_both_consoles_and_stopped(into):
    """Both sides' consoles answer, on ports of their own where the usual ones are taken; no socket is left."""
    file = demos.story()
    first = demo_consoles.start_story(into, file, ("north", "south"))
    with tempfile.TemporaryDirectory(prefix="demo-") as other:
        second = demo_consoles.start_story(Path(other), file, ("north", "south"))
        assert not set(first) & set(second)
        assert all(demo_consoles.answers(each) for each in (*first, *second))
        assert demo_consoles.stop(Path(other)) == 1

    assert demo_consoles.stop(into) == 1
    assert list((into / "story").glob("*.sock")) == []


def test_a_console_that_does_not_come_up_is_told(into):
    """A pair that does not run has no console, and why is said."""
    make_pair(into / "pair", "UTC", int(time.time()), SystemEntropy())
    with pytest.raises(StorageFault, match=r"did not come up: .*does not answer"):
        demo_consoles.start_live(into)
    assert demo_consoles.stop(into) == 0
