"""`openline backup`: back a station up into a folder, and verify such a folder.

Rules of this file: a running station goes on meanwhile and makes the copy itself; a station that is down is copied
from here, which holds its store for that while.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from openline.cli import backing
from openline.cli.asking import Asking, asking, station_option
from openline.cli.backing import Backup
from openline.cli.files import checked_accord, json_option, passphrase, passphrase_option, read_file, utc
from openline.station.key_file import is_plain
from openline.store import open_store
from openline.wire.errors import Misuse

FOLDER = click.Path(path_type=Path)


class _Backup(click.Group):
    """`backup DIR` makes one; `backup check DIR` verifies one."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or self.commands["make"]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Backup, context_settings={"ignore_unknown_options": True})
def backup() -> None:
    """Back a station up into the new folder DIR, or verify a backup.

    `openline backup DIR` is short for `openline backup make DIR`.
    """


@backup.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@station_option
@passphrase_option
@click.option("--plain", is_flag=True, help="Leave the secrets in it open; only where the station's own keys are.")
@json_option
def make(folder: Path, station: Path, passphrase_file: Path | None, plain: bool, as_json: bool) -> None:
    """Copy the record, the keys, the accord, the secret, TLS, the configuration and the console's file into the new
    folder DIR.

    The station goes on meanwhile. The passphrase asked for is the backup's own: write it down apart from it.
    """
    asked = asking(station)
    config = asked.config
    if plain and not is_plain(read_file(config.station.keys)):
        raise Misuse(
            f"{config.station.keys} is under a passphrase: its backup cannot be --plain", next_step="Leave it out."
        )
    signed = checked_accord(read_file(config.station.accord), config.station.accord)
    words = None if plain else passphrase(passphrase_file, whose=f"the backup {folder}", new=True)
    source = backing.Source(station, config, signed, lambda path: _copy(asked, path), int(time.time()))
    manifest = backing.make(source, folder, words)
    if asked.is_running():
        asked.post("/v1/backed-up")
    _tell(Backup(folder, manifest), "made", as_json)


def _copy(asked: Asking, path: Path) -> None:
    if asked.is_running():
        asked.fetch("/v1/record/copy", path)
        return
    store = open_store(asked.config.station.store, must_exist=True)
    try:
        store.copy_to(str(path))
    finally:
        store.close()


@backup.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--open", "opens", is_flag=True, help="Ask for its passphrase too, and see that it opens.")
@passphrase_option
@json_option
def check(folder: Path, opens: bool, passphrase_file: Path | None, as_json: bool) -> None:
    """Verify the backup in DIR: every file, every entry, the accord's signatures.

    Exit 0: a station can stand up from it. 1: it is damaged.
    """
    found = backing.verified(folder)
    checked_accord(read_file(folder / backing.ACCORD), folder / backing.ACCORD)
    if opens or passphrase_file is not None or not found.manifest.sealed:
        backing.secrets_of(found, lambda: passphrase(passphrase_file, whose=f"the backup {folder}"))
    _tell(found, "whole", as_json)


def _tell(found: Backup, what: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(backing.facts(found), ensure_ascii=False))
        return
    for line in _lines(found, what):
        click.echo(line)


def _lines(found: Backup, what: str) -> list[Any]:
    of = found.manifest
    secrets = "its secrets are under its passphrase" if of.sealed else "its secrets lie open: guard it like the station"
    size = sum(file.bytes for file in of.files)
    return [
        f"{found.folder}: {what}; {of.side} of accord {of.accord}, {utc(of.made_s)}",
        f"  {of.entries:,} entries up to {', '.join(of.heads) or 'none'}; {size:,} bytes; {secrets}",
        f"Stand up from it: openline restore CONFIG --from {found.folder}",
    ]
