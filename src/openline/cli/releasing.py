"""`openline release`: drafts that wait for their officers; look at one, approve it, drop it.

Rules of this file: an officer sees what was decoded here before it is signed, and says yes to that; whether officers
enough have approved is the station's one release to say.
"""

from __future__ import annotations

from pathlib import Path

import click

from openline.cli import acting
from openline.cli.asking import Asking, asking, one_line, show_json, station_option
from openline.cli.files import FILE, for_terminal, json_option, passphrase_option, utc
from openline.station.api import types as t
from openline.station.api.answers import part
from openline.wire.errors import Misuse


@click.group()
def release() -> None:
    """List the drafts that wait for officers; show, approve or drop one."""


@release.command(name="list")
@station_option
@json_option
def list_(station: Path, as_json: bool) -> None:
    """List the drafts that wait, oldest first."""
    found = asking(station).get("/v1/drafts", tuple[t.Drafted, ...])
    if as_json:
        show_json(found)
        return
    if not found:
        click.echo("no draft waits")
    for drafted in found:
        click.echo(one_line(f"{drafted.id}  {utc(drafted.drafted_s)}  {drafted.kind}: {_waits(drafted)}"))
        click.echo(f"          {one_line(drafted.what)}")


def _named(asked: Asking, draft: str) -> str:
    """The draft that these first digits of an id mean; as given, where they mean none or several."""
    ids = [each.id for each in asked.get("/v1/drafts", tuple[t.Drafted, ...])]
    meant = [one for one in ids if draft and one.startswith(draft)]
    return draft if draft in ids or len(meant) != 1 else meant[0]


def _waits(drafted: t.Drafted) -> str:
    if not drafted.needed:
        return "; ".join(drafted.warnings)
    by = f"approved by {', '.join(drafted.approved_by)}" if drafted.approved_by else "approved by nobody yet"
    return f"{by}, {drafted.needed} needed"


@release.command()
@click.argument("draft")
@station_option
@json_option
def show(draft: str, station: Path, as_json: bool) -> None:
    """Show DRAFT as it would be recorded, decoded here from the very bytes that are signed."""
    at = acting.ground(station)
    drafted = at.asking.get(f"/v1/drafts/{part(_named(at.asking, draft))}", t.Drafted)
    if as_json:
        show_json(drafted)
        return
    click.echo(acting.told(at, acting.body_of(drafted)))
    click.echo(for_terminal(_waits(drafted)))


@release.command()
@click.argument("draft")
@click.option("--key", type=FILE, required=True, help="The approving officer's key file.")
@click.option("--yes", is_flag=True, help="Sign without being asked.")
@passphrase_option
@station_option
@json_option
def approve(draft: str, key: Path, yes: bool, passphrase_file: Path | None, station: Path, as_json: bool) -> None:
    """Approve DRAFT as an officer. It is recorded when all who must have approved it.

    \b
    openline release approve 1a2b3c4d --key lee.key
    """
    at = acting.ground(station)
    drafted = at.asking.get(f"/v1/drafts/{part(_named(at.asking, draft))}", t.Drafted)
    if not drafted.needed:
        raise Misuse(
            f"draft {draft} cannot be released any more: {'; '.join(drafted.warnings)}",
            next_step=f"Drop it: openline release drop {draft}.",
        )
    acting.warn(drafted)
    click.echo(acting.told(at, acting.body_of(drafted)), err=True)
    number, officer = acting.officer_key(key, passphrase_file, at)
    if not yes:
        click.confirm(f"Sign this as {officer.name}?", abort=True, err=True)
    acting.say(acting.approve(at, drafted, number, officer, None), as_json=as_json)


@release.command()
@click.argument("draft")
@station_option
@json_option
def drop(draft: str, station: Path, as_json: bool) -> None:
    """Take DRAFT back. Nothing of it was recorded."""
    asked = asking(station)
    asked.delete(f"/v1/drafts/{part(_named(asked, draft))}")
    if as_json:
        show_json({"dropped": draft})
    else:
        click.echo(for_terminal(f"draft {draft} is dropped; nothing of it was recorded"))
