"""`openline history`: how lines stood over the last days, as a strip or as a table.

Rules of this file: the two states are drawn one above the other and never merged; what is not known is left blank, not
guessed; the table says the same as the strip.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from openline.cli.asking import asking, show_json, station_option
from openline.cli.files import json_option
from openline.core.wording import span
from openline.station.api import types_duty as t
from openline.station.columns import laid_out, stretches
from openline.station.strip import Strip, draw, label_width
from openline.wire.errors import Misuse
from openline.wire.zones import zone

WIDTH_MAX: Final = 140
COLUMNS_MIN: Final = 20
SHORTEST_S: Final = 60


@click.command()
@click.argument("line", required=False)
@click.option("--days", type=click.IntRange(1, 4000), default=7, show_default=True, help="How far back.")
@click.option("--table", is_flag=True, help="One row for each change, instead of a strip.")
@station_option
@json_option
def history(line: str | None, days: int, table: bool, station: Path, as_json: bool) -> None:
    """Draw how LINE, or each line, stood over the last days: what was agreed above, what was observed below."""
    found = asking(station).get("/v1/history", t.History, line=line, days=str(days))
    if as_json:
        show_json(found)
        return
    if not any(each.changes for each in found.lines):
        raise Misuse("nothing was seen yet", next_step="Look again when the station has run for a moment.")
    for row in _table(found) if table else _strips(found):
        click.echo(row)


def _strips(found: t.History) -> Iterator[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, WIDTH_MAX)
    columns = max(width - label_width([each.line for each in found.lines]) - 1, COLUMNS_MIN)
    known_s = min(each.changes[0].at_s for each in found.lines if each.changes)
    from_s = min(max(found.from_s, known_s), found.until_s - SHORTEST_S)  # what is before is not known: not drawn
    strips = [strip(each, from_s, found.until_s, columns) for each in found.lines]
    return draw(strips, from_s * 1000, found.until_s * 1000, found.zone, found.side)


def strip(seen: t.LineHistory, from_s: int, until_s: int, columns: int) -> Strip:
    """A line's changes as columns; blank before the first that is known."""
    return Strip(seen.line, *laid_out(seen.changes, from_s, until_s, columns))


def _table(found: t.History) -> Iterator[str]:
    width = max(len(each.line) for each in found.lines)
    yield click.style(f"{'line':<{width}}  {'from':<19}  {'for':>8}  {'agreed':<10}  observed", dim=True)
    for seen in found.lines:
        for change, end_s in stretches(seen.changes, found.until_s):
            at = datetime.fromtimestamp(change.at_s, zone(found.zone)).strftime("%Y-%m-%d %H:%M:%S")
            lasted = span(1000 * (end_s - change.at_s))
            yield f"{seen.line:<{width}}  {at}  {lasted:>8}  {change.formal:<10}  {change.observed}"
    yield click.style(f"as {found.side} saw the liaison lane; times of {found.zone}", dim=True)
