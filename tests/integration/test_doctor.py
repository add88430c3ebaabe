"""`openline doctor` beside real stations: each thing that is not well is named, with what to do."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.certificates import Authority
from tests.integration.keeping import run, words_file
from tests.integration.pairs import Pair, free_port, make_pair

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


def with_tables(pair: Pair, tables: str) -> None:
    pair.north.config.write_text(f"{pair.north.config.read_text()}\n{tables}")


def test_the_relay_of_voice_is_looked_at_before_a_start(pair):
    """A UDP port that another program has, and a name that leads nowhere; without either it can be held."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        table = f'[voice]\nlisten = "127.0.0.1:{port}"\npeer = "nowhere.invalid:1"\ninner = "127.0.0.1"\n'
        with_tables(pair, table)
        found = looked_at(pair.north.config, code=1)["voice"]
        assert [outcome for outcome, _ in found] == ["problem", "problem"]
        assert "nowhere.invalid" in found[0][1]
        assert "Address already in use" in found[1][1]
    pair.north.config.write_text(pair.north.config.read_text().replace("nowhere.invalid", "127.0.0.1"))
    [(outcome, said)] = looked_at(pair.north.config)["voice"]
    assert outcome == "ok"
    assert "can hold" in said


def console_table(pair: Pair, origin: str, port: int, tls: Path | None = None) -> None:
    named = "" if tls is None else f'tls = "{tls}"\n'
    table = f'[console]\nlisten = "127.0.0.1:{port}"\norigin = "{origin}"\nstore = "console.sqlite"\n{named}'
    before = re.sub(r"\n\[console\][^\[]*", "\n", pair.north.config.read_text())
    pair.north.config.write_text(f"{before}\n{table}")


def test_the_certificate_for_browsers_is_held_to_the_name_they_use(pair, tmp_path):
    """One for another name, a file that is none, and one that is right; and that nobody is enrolled yet is said."""
    cert, key = Authority(tmp_path).issue("desk")
    both = tmp_path / "console.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    both.chmod(0o600)
    for origin, outcome, word in (
        ("https://line.example", "problem", "ostname mismatch"),
        ("https://127.0.0.1", "ok", "for 127.0.0.1"),
    ):
        console_table(pair, origin, free_port(), both)
        found = looked_at(pair.north.config, code=int(outcome == "problem"))["console"]
        assert found[0][0] == outcome
        assert word in found[0][1]
        assert ("warning", "nobody is enrolled, so nobody can sign in") in found
    both.write_text("no certificate")
    assert looked_at(pair.north.config, code=1)["console"][0][0] == "problem"


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_console_that_runs_is_asked(pair):
    """It answers under its name; and where another program has its address, that is said of the console."""
    console_table(pair, f"http://north.localhost:{(port := free_port())}", port)
    pair.north.start()
    pair.north.wait_until(lambda: answers(port))
    said = f"answers at 127.0.0.1:{port} as http://north.localhost:{port}"
    assert ("ok", said) in looked_at(pair.north.config)["console"]
    pair.north.stop()
    with socket.create_server(("127.0.0.1", port)):
        found = looked_at(pair.north.config, code=1)["console"]
        assert found[0] == ("problem", f"127.0.0.1:{port} cannot be listened on: Address already in use")
