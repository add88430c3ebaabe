"""`openline drill`: the drill for a missed call, ordered by an officer, followed to its statement of facts.

Rules of this file: the station does it and goes on without this command; Ctrl-C breaks the drill off. What is to be
published stands by itself at the end, in every language that the station has words in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from openline.cli.asking import Asking, asking, show_json, station_option
from openline.cli.calls import SAYS, officer_option
from openline.cli.files import json_option
from openline.station.api import types_duty as t
from openline.station.api.answers import part
from openline.wire.errors import Refused


@click.command()
@click.argument("line")
@click.option("--follow", is_flag=True, help="Order none; follow the one that runs, or show the last.")
@click.option("--no-follow", is_flag=True, help="Order it, and do not wait for what comes of it.")
@officer_option
@station_option
@json_option
def drill(line: str, follow: bool, no_follow: bool, officer: str | None, station: Path, as_json: bool) -> None:
    """Order the drill for a missed call on LINE: test our own station, ring again, try the other lines, and state the
    facts for publishing. How often and how far apart is the configuration's to say ([drill]).

    It ends as soon as their station gives its word on a call of the line. Ctrl-C breaks it off.
    """
    at, path = asking(station), f"/v1/drills/{part(line)}"
    if follow:
        found = at.get(path, t.Drill)
    else:
        found = at.post("/v1/drills", t.OrderDrill(line=line, officer=officer), t.Drill)
    if not no_follow:
        found = _follow(at, path, found, quiet=as_json)
    if as_json:
        show_json(found)
        return
    for language, text in found.statement.items():
        click.echo(click.style(f"\n--- statement of facts ({language}) ---", dim=True))
        click.echo(text)


def _follow(at: Asking, path: str, found: t.Drill, *, quiet: bool) -> t.Drill:
    """Say what there is to say as it comes, until it has ended."""
    said: set[str] = set()
    while True:
        for row in _rows(found):
            if not quiet and row not in said:
                said.add(row)
                click.echo(row)
        if found.ended_s is not None:
            return found
        try:
            found = at.get(path, t.Drill, after=str(found.steps))
        except KeyboardInterrupt:
            found = _stopped(at, path)


def _stopped(at: Asking, path: str) -> t.Drill:
    try:
        at.delete(path)
    except Refused:  # it ended by itself meanwhile
        click.echo("it had ended", err=True)
    return at.get(path, t.Drill)


def _rows(found: t.Drill) -> Iterator[str]:
    check = found.self_test
    due = f" for the check-in due {_clock(found.due_s)}" if found.due_s else ""
    yield f"{_clock(found.started_s)}  drill on {found.line}{due}, ordered by {found.officer}; Ctrl-C breaks it off"
    probes = {None: "no probes are configured", True: "our network answers", False: "our own network does not answer"}
    yield f"          self-test: {probes[check.probes_ok]}; observed: {check.observed}"
    for name, state in check.carriers.items():
        yield f"          {name}: {state}"
    if check.clock_offset_ms is not None:
        yield f"          clocks differ by {abs(check.clock_offset_ms) / 1000:.1f} s"
    for number, each in enumerate(found.tries, 1):
        yield f"{_clock(each.seen_s)}  try {number} of {found.retries}, {_try(each)}"
    for each in found.other_lines:
        yield f"{_clock(each.seen_s)}  other line, {_try(each)}"
    if found.ended_s is not None:
        yield f"{_clock(found.ended_s)}  the drill {'was broken off' if found.stopped else 'has ended'}"


def _try(each: t.DrillTry) -> str:
    return f"{each.line}: {f'not rung: {each.why}' if each.why else SAYS[each.state]}"


def _clock(time_s: int) -> str:
    return datetime.fromtimestamp(time_s).strftime("%H:%M:%S")
