"""`openline alarm`: what sounds, since when, who knows; acknowledging; a test of how alarms reach people.

Rules of this file: one acknowledgement is for all that sounds; a test is delivered for certain, or said to have failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from openline.cli.asking import asking, show_json, station_option
from openline.cli.calls import local, officer_option
from openline.cli.files import for_terminal, json_option
from openline.station.api import types_duty as t

FAULT_HERE = 1


@click.group(invoke_without_command=True)
@station_option
@json_option
@click.pass_context
def alarm(ctx: click.Context, station: Path, as_json: bool) -> None:
    """Show the alarms that sound, and how they reach people; acknowledge them, or test the ways."""
    if ctx.invoked_subcommand is not None:
        return
    found = asking(station).get("/v1/alarms", t.Alarms)
    if as_json:
        show_json(found)
        return
    for row in _rows(found):
        click.echo(row)


def _rows(found: t.Alarms) -> Iterator[str]:
    if not found.sounding:
        yield "no alarm sounds"
    for each in found.sounding:
        yield click.style(row(each), fg=None if each.acknowledged_by else "yellow")
    if found.ways:
        yield ""
        yield click.style("ways to people", dim=True)
    for way in found.ways:
        state = f"{way.delivered} delivered, {way.failed} not"
        failing = f"; failing since {local(way.failing_since_s or 0)}: {way.failing}" if way.failing else ""
        yield click.style(f"{way.way}: {state}{failing}", fg="yellow" if way.failing else None)


def row(each: t.Alarm) -> str:
    """One alarm, on one line."""
    on = f" on {each.line}" if each.line else ""
    known = ""
    if each.acknowledged_by:
        comment = f": {for_terminal(each.comment)}" if each.comment else ""
        known = f"; {each.acknowledged_by} knows since {local(each.acknowledged_s or 0)}{comment}"
        known += f"; asks again {local(each.again_s or 0)}"
    return f"{each.alarm}{on} ({each.priority}), since {local(each.since_s)}{known}"


@alarm.command()
@click.option("--comment", default="", metavar="TEXT", help="What is being done about it.")
@officer_option
@station_option
@json_option
def acknowledge(comment: str, officer: str | None, station: Path, as_json: bool) -> None:
    """Quiet every alarm that sounds now, on every console. What lasts asks again after a while."""
    asked = t.KnowAlarms(officer=officer, comment=comment)
    found: t.Quieted = asking(station).post("/v1/alarms/acknowledge", asked, t.Quieted)
    if as_json:
        show_json(found)
        return
    for each in found.sounding:
        click.echo(row(each))


@alarm.command()
@station_option
@json_option
@click.pass_context
def test(ctx: click.Context, station: Path, as_json: bool) -> None:
    """Deliver a test by every configured way, and say which worked. Exit 1 if one did not, or there is none."""
    gives: Any = tuple[t.Tested, ...]
    found: tuple[t.Tested, ...] = asking(station).post("/v1/alarms/test", None, gives)
    if as_json:
        show_json(msgspec.to_builtins(found))
    elif not found:
        click.echo("no way is configured: alarms reach nobody who does not look ([alarm] in the configuration)")
    else:
        for each in found:
            outcome = f"failed: {each.why}" if each.why else "delivered"
            click.echo(click.style(f"{each.way}: {outcome}", fg="yellow" if each.why else None))
    ctx.exit(FAULT_HERE if not found or any(each.why for each in found) else 0)

