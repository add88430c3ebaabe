"""`openline config`: a station's configuration checked before it is used, and its JSON Schema.

Rules of this file: nothing is changed; the files that it names are read too, so that what is checked is what a start
would meet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from openline.cli.files import FILE, for_terminal, json_option
from openline.station import config as configs
from openline.station.config import Config
from openline.station.files import hold_files
from openline.wire.accord import Accord, CarrierKind


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
    facts = _facts(held.config, held.signed.accord)
    if as_json:
        click.echo(json.dumps(facts))
        return
    lacking = f"; not used here: {', '.join(facts['unused'])}" if facts["unused"] else ""
    ways = ", ".join(one["id"] for one in facts["carriers"]) or "courier only"
    click.echo(for_terminal(f"{file}: {facts['side']}, by {ways}{lacking}: no mistakes"))


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
