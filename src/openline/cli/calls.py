"""`openline call`, `answer`, `decline`, `defer`, `hangup`, `calls`: calls of the running station.

Rules of this file: what is known of a call is the station's to say, and is shown as it changes; a call that is followed
here is hung up by Ctrl-C. Which call is meant may be left out where only one can be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from openline.cli.asking import Asking, asking, show_json, station_option
from openline.cli.files import json_option
from openline.core.wording import span
from openline.station.api import types_duty as t
from openline.station.api.answers import part
from openline.wire.errors import Misuse, Refused

PEER_SILENT: Final = 4
TALKING: Final = "talking"
SAYS: Final = {
    "placed": "ringing them",
    "rang": "it rings there, their station says",
    "ringing": "rings here",
    "talking": "answered: the line is yours",
    "answered": "answered and over",
    "declined": "declined",
    "deferred": "put off until later",
    "rang_unanswered": "it rang there, and nobody answered",
    "not_rung": "never rang there, as far as their station has said",
    "interrupted": "broken off when a station stopped",
    "ended": "over",
}
Verb = TypeVar("Verb", bound=Callable[..., Any])


def officer_option(verb: Verb) -> Verb:
    """`--officer`: who does it, by the accord's name."""
    return click.option("--officer", metavar="NAME", help="Who does it; the officer on watch, unless given.")(verb)


@click.command()
@click.argument("line")
@click.option("--lane", type=click.Choice(["liaison", "safety"]), default="liaison", show_default=True)
@click.option("--no-follow", is_flag=True, help="Ring, and do not wait for what comes of it.")
@officer_option
@station_option
@json_option
@click.pass_context
def call(
    ctx: click.Context, line: str, lane: str, no_follow: bool, officer: str | None, station: Path, as_json: bool
) -> None:
    """Ring the other side on LINE, and follow the call until it is over. Ctrl-C hangs up.

    Where a call lasts on the line, nothing is rung: that call is followed. One that rings here is for
    `openline answer`.

    Exit 4 if their station never said that it rang; else 0.
    """
    at = asking(station)
    asked = t.PlaceCall(line=line, lane=lane, officer=officer)  # type: ignore[arg-type]
    found: t.Call = at.post("/v1/calls", asked, t.Call)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    followed = not no_follow and found.state != "ringing"
    if followed:
        found = _follow(at, found, quiet=as_json)
    if as_json:
        show_json(found)
    elif not followed:
        click.echo(f"{found.id}: {SAYS[found.state]}")
    ctx.exit(PEER_SILENT if found.state == "not_rung" else 0)


def _follow(at: Asking, found: t.Call, *, quiet: bool) -> t.Call:
    """Say how a call stands at every change, until it is over."""
    while True:
        if not quiet:
            click.echo(f"{time.strftime('%H:%M:%S')}  {found.line}: {SAYS[found.state]}{_hint(found)}")
        if found.over:
            return found
        try:
            found = _next(at, found)
        except KeyboardInterrupt:
            found = _hang_up(at, found)


def _hint(found: t.Call) -> str:
    return "" if found.over else " (Ctrl-C hangs up)"


def _next(at: Asking, found: t.Call) -> t.Call:
    """The call when it next stands otherwise."""
    before = found.state
    while found.state == before:
        found = at.get(f"/v1/calls/{part(found.id)}", t.Call, unless=before)
    return found


def _hang_up(at: Asking, found: t.Call) -> t.Call:
    try:
        ended: t.Call = at.post(f"/v1/calls/{part(found.id)}/end", None, t.Call)
    except Refused:  # it ended by itself meanwhile
        return at.get(f"/v1/calls/{part(found.id)}", t.Call)
    return ended


def _word(name: str, done: str, summary: str) -> click.Command:
    """A verb that says one word to a call that rings here."""

    @click.command(name, help=f"{summary}\n\nCALL is a line, or a call's id; the one that rings, unless given.")
    @click.argument("call", required=False)
    @click.option("--follow", is_flag=True, help="Stay until the call is over; Ctrl-C hangs up.")
    @officer_option
    @station_option
    @json_option
    def verb(call: str | None, follow: bool, officer: str | None, station: Path, as_json: bool) -> None:
        at = asking(station)
        chosen = _chosen(at, call, lambda each: each.state == "ringing", "rings here")
        asked = t.PickUp(word=name, officer=officer)  # type: ignore[arg-type]
        found: t.Call = at.post(f"/v1/calls/{part(chosen.id)}/word", asked, t.Call)
        if not as_json:
            click.echo(f"{found.line}: {done} by {found.officer}")
        if follow:
            found = _follow(at, found, quiet=as_json)
        if as_json:
            show_json(found)

    return verb


answer = _word("answer", "answered", "Answer the call that rings here.")
decline = _word("decline", "declined", "Decline the call that rings here: their station is told so.")
defer = _word("defer", "put off until later", "Put the call that rings here off until later: their station is told so.")


@click.command()
@click.argument("call", required=False)
@station_option
@json_option
def hangup(call: str | None, station: Path, as_json: bool) -> None:
    """End a call, ours or theirs.

    CALL is a line, or a call's id; the only one that lasts, unless given.
    """
    at = asking(station)
    chosen = _chosen(at, call, lambda each: each.state != "ringing", "is ours to end")
    found: t.Call = at.post(f"/v1/calls/{part(chosen.id)}/end", None, t.Call)
    if as_json:
        show_json(found)
    else:
        click.echo(f"{found.line}: {SAYS[found.state]}")


def _chosen(at: Asking, named: str | None, fits: Callable[[t.Call], bool], what: str) -> t.Call:
    """The call that is meant.

    Raises:
        Refused: there is none. Misuse: several could be meant, or the name means none of them.
    """
    there = [each for each in at.get("/v1/calls", t.Calls).lasting if fits(each)]
    found = [each for each in there if named is None or each.line == named or each.id.startswith(named)]
    listed = ", ".join(f"{each.id} on {each.line}" for each in there)
    if not there:
        raise Refused(f"no call {what}", next_step="See openline calls.")
    if not found:
        raise Misuse(f"no call that {what} is named {named}", next_step=f"There is: {listed}.")
    if len(found) > 1:
        raise Misuse(f"{len(found)} calls could be meant", next_step=f"Name one: {listed}.")
    return found[0]


@click.command()
@station_option
@json_option
def calls(station: Path, as_json: bool) -> None:
    """List the calls that ring, were placed or are spoken, and those that finished last."""
    found = asking(station).get("/v1/calls", t.Calls)
    if as_json:
        show_json(found)
        return
    for row in _rows(found):
        click.echo(row)


def _rows(found: t.Calls) -> Iterator[str]:
    if not found.lasting:
        yield "no call lasts"
    for each in found.lasting:
        age = span(1000 * (int(time.time()) - each.started_s))
        yield click.style(f"{each.id}  {each.line} ({each.lane}), {each.caller} calls: {SAYS[each.state]}, {age}",
                          fg="yellow")  # fmt: skip
    if found.last:
        yield ""
        yield click.style("finished last", dim=True)
    for each in found.last:
        due = f", the check-in due {local(each.due_s)}" if each.due_s else ""
        who = f", {each.officer}" if each.officer else ""
        sealed = ", sealed by both" if each.sealed else "" if each.attested else ", which only they say"
        yield f"{local(each.started_s)}  {each.line}, {each.caller} called{due}: {each.state}{who}{sealed}"


def local(time_s: int) -> str:
    """An instant on this machine's calendar, for people."""
    try:
        return datetime.fromtimestamp(time_s).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return f"second {time_s}"
