"""`openline config`: a station's configuration checked before it is used, and its JSON Schema.

Rules of this file: nothing is changed; the files that it names are read too, so that what is checked is what a start
would meet.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import click

from openline.cli.files import FILE, for_terminal, json_option
from openline.station import config as configs
from openline.station.config import Config
from openline.station.files import hold_files
from openline.wire.accord import Accord, CarrierKind
from openline.wire.errors import Misuse, unreadable

SQLITE: Final = b"SQLite format 3\0"  # how every SQLite file begins


@click.group()
def config() -> None:
    """Check a station's configuration, or print its schema."""


@config.command()
@click.argument("file", type=FILE)
@json_option
def check(file: Path, as_json: bool) -> None:
    """Check the configuration in FILE, and that the files it names are there and fit each other.

    Every mistake is told with its line and what is allowed there. No passphrase is needed.
    """
    held = hold_files(file)
    _check_rest(held.config)
    facts = _facts(held.config, held.signed.accord)
    if as_json:
        click.echo(json.dumps(facts))
        return
    lacking = f"; not used here: {', '.join(facts['unused'])}" if facts["unused"] else ""
    ways = ", ".join(one["id"] for one in facts["carriers"]) or "courier only"
    click.echo(for_terminal(f"{file}: {facts['side']}, by {ways}{lacking}: no mistakes"))


def _check_rest(read: Config) -> None:
    """What a start needs, or an alarm, and no other part of this check looks at: the record, the alarm's program.

    Raises:
        Misuse: it is not there, or is something else.
    """
    store = read.station.store
    if "://" not in store and not Path(store).is_file():
        raise Misuse(
            f"{store}: no record is there",
            next_step="Check [station] store; openline init station made it; openline restore puts a lost one back.",
        )
    if "://" not in store and not _begins(Path(store), SQLITE):
        raise Misuse(f"{store}: not a record", next_step="Check [station] store.")
    command = read.alarm.command
    if command and shutil.which(command[0]) is None:
        raise Misuse(
            f"{command[0]}: cannot be run, and [alarm] command names it",
            next_step="Give the path of a program that is there, and chmod +x it.",
        )


def _begins(path: Path, with_these: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(with_these)) == with_these
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step=unreadable(error)) from None


@config.command()
def schema() -> None:
    """Print the JSON Schema of a configuration file."""
    click.echo(json.dumps(configs.json_schema(), indent=2, ensure_ascii=False))


def _facts(read: Config, agreed: Accord) -> dict[str, Any]:
    used = {one.id for one in read.carrier}
    return {
        "side": read.station.side,
        "accord": agreed.name,
        "carriers": [
            {"id": one.id, "kind": one.kind.name.lower()} for one in agreed.carriers if one.id in used
        ],
        "unused": [one.id for one in agreed.carriers if one.id not in used and one.kind is not CarrierKind.COURIER],
    }
