"""What officers do, by their own commands, between two stations that are real processes with a real path."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openline.keys.keyfile import plain_key_file
from openline.wire.bodies import Propose, Suspend
from tests.integration.pairs import Pair, Station, make_pair

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations of which two officers a side cut and propose, with the officers' keys in plain files."""
    made = make_pair(tmp_path, two_person=(Suspend.kind, Propose.kind))
    for station in made.both:
        for officer in station.keys.officers:
            file = station.folder / f"{officer.name}.key"
            file.write_bytes(plain_key_file(officer.to_bytes(), "officer"))
            file.chmod(0o600)
    made.start()
    made.wait_through()
    try:
        yield made
    finally:
        made.stop()


def run(station: Station, *words: str) -> subprocess.CompletedProcess[str]:
    said = [word.replace("{}", str(station.folder)) for word in words]
    command = [sys.executable, "-m", "openline", *said, "--station", str(station.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def facts(station: Station, *words: str) -> Any:
    """What a command that succeeds prints with --json."""
    done = run(station, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def both(station: Station) -> list[str]:
    return [word for officer in station.keys.officers for word in ("--key", f"{station.folder}/{officer.name}.key")]


def test_a_day_at_the_post(pair: Pair) -> None:
    """Message, receipt, answer, document, cut, refusal, proposal, acceptance: by command, and in both records."""
    north, south = pair.both
    ref = facts(north, "message", "liaison", "Is the road clear?", "--precedence", "IMMEDIATE", "--due", "30m")["entry"]
    pair.wait_equal()
    opened = run(south, "inbox", ref["ref"], "--open", "--officer", "kim")
    assert "Is the road clear?" in opened.stdout, opened.stderr
    facts(south, "message", "--answer", ref["ref"], "It is.")
    pages = bytes(range(256)) * 4096
    (south.folder / "map").write_bytes(pages)
    document = facts(south, "document", "send", "liaison", "{}/map", "--title", "Sheet 2")["entry"]["ref"]
    north.wait_until(lambda: facts(north, "inbox", document)["item"]["pages_here"])
    assert run(north, "document", "save", document, "--out", "{}/map").returncode == 0
    assert (north.folder / "map").read_bytes() == pages
    pair.wait_equal()
    assert [sent["state"] for sent in facts(north, "outbox")["recent"]] == ["answered"]

    assert run(north, "suspend", "liaison", *both(north)).returncode == 0
    pair.wait_equal()
    refused = run(south, "message", "liaison", "Why?")
    assert (refused.returncode, "is suspended: no message is sent on it" in refused.stderr) == (3, True)
    proposed = facts(south, "propose", "liaison", "--effective", "+15s", *both(south))["entry"]["place"]
    pair.wait_equal()
    accepted = run(north, "accept", proposed, "--key", "{}/kim.key")
    assert accepted.returncode == 0, accepted.stderr
    south.wait_until(lambda: run(south, "message", "liaison", "We are back.").returncode == 0)
    pair.wait_equal()
    assert facts(north, "inbox")["unopened"] == 3


def test_a_draft_outlives_a_kill_and_is_released_from_elsewhere(pair: Pair) -> None:
    """One officer approves, the station is killed, the second approves after it is back: the cut is one entry."""
    north, south = pair.both
    draft = facts(north, "suspend", "--all", "--key", "{}/kim.key")
    assert draft["entry"] is None
    north.kill()
    assert run(north, "outbox").returncode == 2
    north.start()
    listed = facts(north, "release", "list")
    assert [(each["id"], each["approved_by"]) for each in listed] == [(draft["id"], ["kim"])]
    done = run(north, "release", "approve", draft["id"], "--yes", "--key", "{}/lee.key")
    assert "approved by kim and lee" in done.stdout, done.stderr
    pair.wait_through()
    pair.wait_equal()
    formal = facts(south, "status")["lines"][0]["lanes"]["liaison"]["formal"]
    assert formal == "suspended"
