"""`openline outbox`: what of ours is on its way, by which path, when it is tried again, and how far the rest got.

Rules of this file: whose word a state is stands beside it; nothing says "arrived" that only a carrier says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from openline.cli.asking import asking, fit, one_line, show_json, station_option
from openline.cli.files import for_terminal, json_option, utc
from openline.core.wording import span
from openline.station.api import types_items as t


@click.command()
@click.option("--try-now", "try_now", is_flag=True, help="Send what waits again now, by every path that is up.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many are listed.")
@station_option
@json_option
def outbox(try_now: bool, limit: int, station: Path, as_json: bool) -> None:
    """List what of ours the other side is not known to hold, then the last that it holds, each with its exact state.

    \b
    openline outbox
    openline outbox --try-now
    """
    ask = asking(station)
    tried: t.Tried | None = ask.post("/v1/outbox/try", None, t.Tried) if try_now else None
    if tried is not None and not as_json:
        by = f" by {', '.join(tried.paths)}" if tried.paths else ""
        click.echo(for_terminal(f"{tried.says}{by}"))
        click.echo("")
    found = ask.get("/v1/outbox", t.Outbox, limit=str(limit))
    if as_json:
        show_json({"tried": tried, "outbox": found} if try_now else found)
        return
    for row in _rows(fit(found)):
        click.echo(row)


def _rows(found: t.Outbox) -> Iterator[str]:
    yield click.style(f"{len(found.waiting)} waiting" if found.waiting else "nothing waits", bold=True)
    for sent in found.waiting:
        yield from _sent(sent)
    if found.more:
        entries = "entry" if found.more == 1 else "entries"
        yield f"  and {found.more:,} more {entries}, receipts and other words of the station's own among them"
    if found.recent:
        yield ""
        yield click.style("held by the other side", dim=True)
        for sent in found.recent:
            yield from _sent(sent)


def _sent(sent: t.Sent) -> Iterator[str]:
    precedence = "" if sent.precedence == "ROUTINE" else f"  {sent.precedence}"
    yield f"  {sent.ref}  {sent.kind}{precedence}  {utc(sent.time_s)}"
    yield f"      {one_line(sent.what)}"
    by = f"; went by {', '.join(sent.went_by)}" if sent.went_by else ""
    row = f"      {sent.state.replace('_', ' ')}: {sent.says}{by} ({sent.attested_by})"
    yield click.style(row, fg="yellow" if sent.state in ("recorded", "on_its_way", "kept_by_relay") else None)
    if sent.next_ms is not None:
        yield f"      tried again in {span(sent.next_ms)}"
    elif sent.waits:
        yield f"      {sent.waits}"
