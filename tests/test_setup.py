"""docs/setup.md under test: two sides who do nothing but what it says have two stations that fit each other."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from openline.cli import founding, keys
from openline.cli.main import cli
from openline.keys.keyfile import Cost, seal_key_file
from openline.station.files import open_files

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/setup.md").read_text()
WORDS = "correct horse battery"
HANDED_OVER = (".card", ".half", ".signed")


def blocks() -> list[tuple[str, list[str]]]:
    """Every block of commands, with the side that it is for."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    found = [block.splitlines() for language, block in fenced if not language]
    return [(lines[0].removeprefix("# "), lines[1:]) for lines in found]


def hand_over(giver: Path, taker: Path) -> None:
    """A stick carries what is for the other side, and nothing else."""
    for file in giver.rglob("*"):
        if file.suffix in HANDED_OVER and "stick" not in file.relative_to(giver).parts:
            shutil.copy(file, taker / "stick" / file.name)


@pytest.fixture(scope="module")
def sides(tmp_path_factory) -> dict[str, Path]:
    """Two machines, on each of which every block of the page for that side was run, in the page's order."""
    machines = {name: tmp_path_factory.mktemp(name) for name in ("south", "north")}
    [terms] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for machine in machines.values():
        (machine / "stick").mkdir()
        (machine / "terms.toml").write_text(terms)
    with pytest.MonkeyPatch.context() as patch:
        for module in (founding, keys):
            patch.setattr(module, "seal_key_file", partial(seal_key_file, cost=Cost(8, 1, 1)))  # opens at once
        for side, commands in blocks():
            other = "north" if side == "south" else "south"
            hand_over(machines[other], machines[side])
            patch.chdir(machines[side])
            for command in commands:
                words = shlex.split(command)
                assert words[0] == "openline", command
                result = CliRunner().invoke(cli, words[1:], input=f"{WORDS}\n" * 4)
                assert result.exit_code == 0, f"{side}: {command}\n{result.output}"
    return machines


def test_both_sides_have_one_accord_and_one_secret(sides):
    """Each built its files alone, on its own machine; they are the same in every byte."""
    for name in ("table/document", "table/table.secret", "accord"):
        assert (sides["south"] / name).read_bytes() == (sides["north"] / name).read_bytes()


@pytest.mark.parametrize(("side", "number"), [("north", 0), ("south", 1)])
def test_each_station_starts_from_its_folder_alone(sides, side, number, tmp_path):
    """The folder is moved to another machine; all a start reads is there and fits, and nothing of the root is."""
    folder = tmp_path / "station"
    shutil.copytree(sides[side] / "station", folder)
    opened = open_files(folder / "station.toml", lambda _: WORDS)

    assert opened.us == number
    assert opened.signed.accord.sides[number].station == opened.key_file.keys.station.public
    assert {x.name for x in folder.iterdir()} == {
        "accord", "record.sqlite", "record.sqlite.lock", "station.keys", "station.tls", "station.toml", "table.secret",
    }  # fmt: skip


@pytest.mark.parametrize("side", ["north", "south"])
def test_every_secret_is_its_owners_alone(sides, side):
    """Of all files that the page makes, only those that it calls public can be read by others."""
    public = {f"{side}.card", f"{side}.signed", "document", "accord", "terms.toml", "station.toml"}
    public.add("record.sqlite.lock")  # holds a process id
    open_to_others = {
        file.name
        for file in sides[side].rglob("*")
        if file.is_file() and "stick" not in file.parts and stat.S_IMODE(file.stat().st_mode) & 0o077
    }

    assert open_to_others == public


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd to ask")
def test_the_unit_of_the_page_on_operating_is_one(tmp_path: Path) -> None:
    """The service manager itself finds nothing to say against it; only the program's place is this machine's."""
    page = (ROOT / "docs/operating.md").read_text()
    [unit] = re.findall(r"^```ini\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    program = "/opt/openline/bin/openline"
    assert program in unit
    (tmp_path / "openline.service").write_text(unit.replace(program, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "openline.service")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
