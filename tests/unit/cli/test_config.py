"""`openline config`: a configuration and the files it names, checked before a start."""

from __future__ import annotations

import json
import shutil

import pytest

from openline.station.config import json_schema
from tests.unit.cli.kit import Kit


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two stations on one machine."""
    at = tmp_path_factory.mktemp("pair")
    assert Kit(at).run("init", "pair", "{}/pair").exit_code == 0
    return at / "pair"


@pytest.fixture
def at(pair, tmp_path) -> Kit:
    shutil.copytree(pair / "south", tmp_path / "south")
    return Kit(tmp_path / "south")


def test_a_right_configuration_is_said_to_be_one(at):
    """Whose it is and by which carriers, for people and for programs."""
    assert at.run("config", "check", "{}/station.toml").stdout.endswith("south, by fibre: no mistakes\n")
    assert at.facts("config", "check", "{}/station.toml") == {
        "side": "south",
        "accord": "trial on one machine",
        "carriers": [{"id": "fibre", "kind": "live"}],
        "unused": [],
    }


def test_mistakes_end_with_the_exit_code_of_misuse(at):
    """Every mistake with its line, on stderr, and what explains the keys."""
    text = (at.at / "station.toml").read_text()
    at.put("station.toml", text.replace("store =", "stor =").replace('"fibre"', '"fiber"').encode())
    result = at.run("config", "check", "{}/station.toml")

    assert result.exit_code == 2
    assert 'key stor: is unknown (did you mean "store"?)' in result.stderr
    assert "docs/station.md" in result.stderr
    at.put("station.toml", text.replace('"fibre"', '"fiber"').encode())
    assert "allowed there: fibre" in at.run("config", "check", "{}/station.toml").stderr


def test_the_files_it_names_are_checked_too(at):
    """A secret that others can read, or a file that is not there, would stop the start: so it is told now."""
    (at.at / "station.tls").chmod(0o644)
    assert "chmod 600" in at.run("config", "check", "{}/station.toml").stderr
    (at.at / "station.tls").unlink()
    assert at.run("config", "check", "{}/station.toml").exit_code == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("record.sqlite", "recrod.sqlite"), "recrod.sqlite: no record is there"),
        (('store = "record.sqlite"', 'store = "accord"'), "accord: not a record"),
        (("[metrics]", '[alarm]\ncommand = ["/nowhere/ring"]\n\n[metrics]'), "/nowhere/ring: cannot be run"),
    ],
)
def test_what_a_start_or_an_alarm_would_miss_is_told_now(at, change, said):
    """No record, another file in its place, an alarm's program that is not there: found by day, and not by night."""
    at.put("station.toml", (at.at / "station.toml").read_text().replace(*change).encode())
    result = at.run("config", "check", "{}/station.toml")

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_the_schema_is_printed(at):
    """What `docs/station.schema.json` holds, for editors elsewhere."""
    assert json.loads(at.run("config", "schema").stdout) == json.loads(json.dumps(json_schema()))
