"""What `openline init pair` makes is a working line: two processes, started as it says, reach each other over TLS."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

from click.testing import CliRunner

from openline.cli.main import cli


def wait_for(station: subprocess.Popen[str], event: str) -> None:
    """Read the station's log up to an event; its end without one is a failure."""
    lines = []
    for line in station.stderr or ():
        lines.append(line)
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"no {event}: {''.join(lines)}")


def test_the_commands_it_prints_start_two_stations_that_link(tmp_path):
    """Each printed command runs as it stands, and either station says that its carrier is up."""
    printed = CliRunner().invoke(cli, ["init", "pair", str(tmp_path / "pair")]).stdout.splitlines()[1:]
    words = [shlex.split(line) for line in printed]
    assert [x[:2] for x in words] == [["openline", "up"]] * 2
    stations = [
        subprocess.Popen([sys.executable, "-m", "openline", *x[1:]], stderr=subprocess.PIPE, text=True) for x in words
    ]
    try:
        for station in stations:
            wait_for(station, "carrier_up")
    finally:
        for station in stations:
            station.kill()
            station.communicate()
