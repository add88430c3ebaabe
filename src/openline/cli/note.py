"""`openline note`: what was said in public about a line, noted with its source and time.

Rules of this file: a note is evidence that quotes others; it is this side's own, goes nowhere, and is never changed.
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from openline.cli.asking import Asking, asking, show_json, station_option
from openline.cli.calls import local, officer_option
from openline.cli.files import for_terminal, json_option
from openline.cli.moments import instant_s
from openline.station.api import types as at_types
from openline.station.api import types_duty as t
from openline.station.api.answers import part
from openline.wire.accord import decode_signed
from openline.wire.errors import Misuse


@click.command()
@click.argument("line")
@click.argument("text", required=False)
@click.option("--source", metavar="WHO", help="Who said it and where: a ministry, a newspaper, a broadcast.")
@click.option("--at", "when", metavar="TIME", help="When it was said, as 2026-12-01T09:00 in our side's zone, or now.")
@officer_option
@station_option
@json_option
def note(
    line: str, text: str | None, source: str | None, when: str | None, officer: str | None, station: Path, as_json: bool
) -> None:
    """Note TEXT, said in public about LINE; without TEXT, list what was noted.

    `openline why LINE` quotes the newest of the last month. Nothing of it enters the record or reaches the other side.
    """
    at = asking(station)
    if text is None:
        found = at.get(f"/v1/lines/{part(line)}/statements", tuple[t.NotedStatement, ...])
        if as_json:
            show_json(msgspec.to_builtins(found))
            return
        for each in found:
            click.echo(_row(each))
        return
    if source is None or when is None:
        why = "A statement without its source and time is no evidence."
        raise Misuse("--source and --at are needed", next_step=why)
    at_s = instant_s(when, _zone(at), int(time.time()))
    asked = t.NoteStatement(line=line, text=text, source=source, at_s=at_s, officer=officer)
    noted: t.NotedStatement = at.post("/v1/statements", asked, t.NotedStatement)
    if as_json:
        show_json(noted)
    else:
        click.echo(_row(noted))


def _zone(at: Asking) -> str:
    """Our side's zone."""
    side = at.get("/v1/status", at_types.Status).side
    sides = decode_signed(at.get("/v1/accord", bytes)).accord.sides
    return next(each.zone for each in sides if each.name == side)


def _row(each: t.NotedStatement) -> str:
    said = f"{for_terminal(each.source)}: {for_terminal(each.text)}"
    return f"{local(each.at_s)}  {each.line}  {said}  (noted by {each.officer}, {local(each.noted_s)})"
