"""The demo's two live stations: started, tried, started anew, stopped; no process is left (`openline demo --live`)."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from openline.cli import demo_pair
from openline.wire.errors import StorageFault
from tests.integration.keeping import run

pytestmark = pytest.mark.slow


@pytest.fixture
def into() -> Iterator[Path]:
    """A folder with a short path, for the stations' sockets; whatever happens, its stations are stopped."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)
        demo_pair.stop(Path(folder))


def numbers(into: Path) -> list[int | None]:
    return [demo_pair.number_of(config) for config in demo_pair.configs(into)]


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
    assert "2 stations stopped" in run(*shlex.split(commands[-1])).output
    assert numbers(into) == [None, None]
    assert "no stations" in run(*shlex.split(commands[-1])).output


def test_a_station_that_does_not_come_up_leaves_none_running(into, monkeypatch):
    """Where one fails, why is told and the other is stopped too."""
    made = demo_pair.make_pair

    def spoilt(at: Path, *more: object) -> object:
        paths = made(at, *more)
        (at / "south" / "record.sqlite").write_bytes(b"")
        return paths

    monkeypatch.setattr(demo_pair, "make_pair", spoilt)
    with pytest.raises(StorageFault, match="did not come up"):
        demo_pair.start(into)
    assert numbers(into) == [None, None]


def test_another_process_of_that_number_is_not_ended(into):
    """A number that was written down long ago and is somebody else's by now is nobody to stop."""
    folder = into / "pair" / "north"
    folder.mkdir(parents=True)
    (folder / "station.pid").write_text("1")
    assert demo_pair.stop(into) == 0
