"""`openline up`: run a station until it is told to stop.

Rules of this file: what is wrong with the configuration is said before anything starts; SIGTERM and Ctrl-C stop it
cleanly, with exit 0.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from openline.cli.files import FILE, passphrase, passphrase_option, read_file
from openline.keys.keyfile import open_key_file
from openline.keys.secret import RootKeys
from openline.station.program import Program
from openline.wire.errors import Misuse


@click.command()
@click.argument("config", type=FILE)
@click.option("--root", "root_file", type=FILE, help="The root's key file, for a station whose own keys were lost:"
              " it begins a new generation of the chain once the other side has shown the old one.")
@passphrase_option
def up(config: Path, root_file: Path | None, passphrase_file: Path | None) -> None:
    """Run the station that CONFIG describes, until SIGTERM or Ctrl-C."""
    root = None if root_file is None else _root(root_file)
    program = Program(config, lambda whose: _passphrase(program_file(config, passphrase_file), whose), root=root)
    asyncio.run(program.run())


def program_file(config: Path, given: Path | None) -> Path | None:
    """Where the passphrase of the station's keys is: as given, else as configured."""
    from openline.station.config import load

    return given if given is not None else load(config).station.passphrase_file


def _passphrase(file: Path | None, whose: str) -> str:
    return passphrase(file, whose=whose)


def _root(file: Path) -> RootKeys:
    kind, secret = open_key_file(read_file(file), passphrase(None, whose=str(file)))
    if kind != "root":
        raise Misuse(f"{file} holds {kind} keys, not a root's")
    return RootKeys.from_bytes(secret)
