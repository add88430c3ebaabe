"""`openline doctor` beside real stations: each thing that is not well is named, with what to do."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.keeping import run, words_file
from tests.integration.pairs import Pair, make_pair

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two stations that are not running yet."""
    made = make_pair(tmp_path / "pair", extra='[alarm]\ncommand = ["true"]')
    yield made
    made.stop()


def looked_at(config: Path, code: int = 0) -> dict[str, list[tuple[str, str]]]:
    """What of each thing was found: its outcome and words."""
    facts = json.loads(run("doctor", config, "--json", code=code).stdout)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in facts["findings"]:
        found.setdefault(each["what"], []).append((each["outcome"], each["said"]))
        assert each["outcome"] == "ok" or each["do"], f"{each} says what to do"
    return found


def test_a_line_that_works_is_well(pair, tmp_path):
    """Beside a running pair nothing is a problem; a backup is asked for until there is one."""
    pair.start()
    pair.wait_through()
    found = looked_at(pair.north.config)
    assert found["carrier fibre"] == [("ok", "up")]
    assert found["backup"] == [("warning", "none is known")]
    run("backup", tmp_path / "copy", "--station", pair.north.config, "--passphrase-file", words_file(tmp_path))
    assert looked_at(pair.north.config)["backup"] == [("ok", "the last one is of today")]


def test_a_peer_that_is_down_is_told_from_a_stranger_at_its_address(pair):
    """Nobody there is a warning; somebody else there is a problem."""
    [(outcome, said)] = looked_at(pair.north.config)["carrier fibre"]
    assert outcome == "warning"
    assert "refused" in said
    pair.south.start()
    assert "their station answers" in looked_at(pair.north.config)["carrier fibre"][0][1]
    other = make_pair(pair.north.folder.parent / "strangers")
    (pair.north.folder / "accord").rename(pair.north.folder / "accord.ours")
    (pair.north.folder / "accord").write_bytes((other.north.folder / "accord").read_bytes())
    found = looked_at(pair.north.config, code=1)
    assert found["carrier fibre"][0][0] == "problem"
    assert found["keys"][0][0] == "problem"
    assert found["certificate"][0][0] == "problem"


def test_a_port_that_another_program_has_is_told_before_a_start(pair):
    """Figures are served at an address of their own: taken, it would end the start, so it is looked at too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = re.sub(r"\n\[metrics\][^\[]*", "\n", pair.north.config.read_text())
        pair.north.config.write_text(f'{text}\n[metrics]\nlisten = "127.0.0.1:{port}"\n')
        found = looked_at(pair.north.config, code=1)
        [(outcome, said)] = found["metrics"]
        assert (outcome, said) == ("problem", f"127.0.0.1:{port} cannot be listened on: Address already in use")
        refused = run("up", pair.north.config, code=2)
        assert "while attempting" not in refused.stderr
        assert "Free the address" in refused.stderr


def test_what_is_missing_open_or_damaged_is_named(pair):
    """A secret others may read, a lost file, a damaged record: each a problem with its remedy, and exit 1."""
    north = pair.north
    (north.folder / "table.secret").chmod(0o644)
    (north.folder / "station.tls").unlink()
    data = bytearray((north.folder / "record.sqlite").read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    (north.folder / "record.sqlite").write_bytes(data)
    found = looked_at(north.config, code=1)
    assert [outcome for outcome, _ in found["files"]] == ["problem", "problem"]
    assert found["record"][0][0] == "problem"


def test_a_configuration_that_cannot_be_read_is_exit_2(pair):
    """There is nothing to look at without it."""
    pair.north.config.write_text("[station")
    run("doctor", pair.north.config, code=2)
