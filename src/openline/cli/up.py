"""`openline up`: run a station until it is told to stop.

Rules of this file: what is wrong with the configuration is said before anything starts; SIGTERM and Ctrl-C stop it
cleanly, with exit 0.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from openline.cli.files import FILE, passphrase, passphrase_option
from openline.cli.founding import open_root
from openline.station.program import Program


@click.command()
@click.argument("config", type=FILE)
@click.option("--root", "root_file", type=FILE, help="The root's key file, for a station whose own keys were lost:"
              " it begins a new generation of the chain once the other side has shown the old one.")
@click.option("--root-passphrase-file", type=FILE, help="The passphrase of the root's key file; else it is asked.")
@passphrase_option
def up(
    config: Path, root_file: Path | None, root_passphrase_file: Path | None, passphrase_file: Path | None
) -> None:
    """Run the station that CONFIG describes, until SIGTERM or Ctrl-C."""
    root = None if root_file is None else open_root(root_file, root_passphrase_file)
    program = Program(config, lambda whose: passphrase(None, whose=str(whose)), words=passphrase_file, root=root)
    asyncio.run(program.run())
