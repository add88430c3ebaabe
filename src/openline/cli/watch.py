"""`openline watch`: who holds the watch, since when; coming on, going off, and the log of it.

Rules of this file: coming on while another holds the watch is a handover, and is said so with its moment and both
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from openline.cli.asking import asking, show_json, station_option
from openline.cli.calls import local
from openline.cli.files import json_option, utc
from openline.station.api import types_duty as t


@click.group(invoke_without_command=True)
@click.option("--days", type=click.IntRange(1, 4000), default=7, show_default=True, help="How far back the log goes.")
@station_option
@json_option
@click.pass_context
def watch(ctx: click.Context, days: int, station: Path, as_json: bool) -> None:
    """Show who is on watch since when, and the log of watches; or come on, or go off."""
    if ctx.invoked_subcommand is not None:
        return
    found = asking(station).get("/v1/watch", t.Watches, days=str(days))
    if as_json:
        show_json(found)
        return
    for row in _rows(found):
        click.echo(row)


def _rows(found: t.Watches) -> Iterator[str]:
    held = {each.post: each for each in found.now}
    for post in found.posts:
        name = f"{post}: " if post else ""
        if post in held:
            yield click.style(f"{name}{held[post].officer}, since {utc(held[post].from_s)}", bold=True)
        else:
            yield click.style(f"{name}nobody is on watch", fg="yellow")
    if found.log:
        yield ""
    for each in found.log:
        until = "now" if each.until_s is None else local(each.until_s)
        relieved = f", from {each.relieved}" if each.relieved else ""
        post = f", {each.post}" if each.post else ""
        yield f"{local(each.from_s)} to {until}  {each.officer}{post}{relieved}"


@watch.command()
@click.option("--officer", required=True, metavar="NAME", help="Who comes on, by the accord's name.")
@click.option("--post", metavar="POST", help="Which post; needed where this side has several.")
@station_option
@json_option
def on(officer: str, post: str | None, station: Path, as_json: bool) -> None:
    """Come on watch. From whoever holds it, this is the handover."""
    found: t.Watch = asking(station).post("/v1/watch/on", t.WatchOn(officer=officer, post=post), t.Watch)
    if as_json:
        show_json(found)
        return
    at = utc(found.from_s)
    if found.relieved is None:
        click.echo(f"{found.officer} is on watch from {at}")
    else:
        click.echo(f"handed over at {at}: {found.relieved} goes off, {found.officer} is on watch")


@watch.command()
@click.option("--post", metavar="POST", help="Which post; needed where this side has several.")
@station_option
@json_option
def off(post: str | None, station: Path, as_json: bool) -> None:
    """Go off watch. The post is unattended until somebody comes on."""
    found: t.Watch = asking(station).post("/v1/watch/off", t.WatchOff(post=post), t.Watch)
    if as_json:
        show_json(found)
    else:
        click.echo(f"{found.officer} went off watch at {utc(found.until_s or 0)}; the post is unattended")
