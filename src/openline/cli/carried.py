"""`openline courier pack` and `unpack`: a load out of the running station, and one that was carried here into it.

Rules of this file: a load may be longer than memory, so it is held in a file; what is whole on a stick is taken in,
whatever became of the rest; whoever unpacks is told to send the answer back, for only that ends the other side's wait.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec

from openline.carriers import courier as loads
from openline.carriers.courier import Read, Written
from openline.carriers.spooled import Spooled
from openline.cli.asking import Asking, asking, station_option
from openline.cli.files import for_terminal, json_option
from openline.station.api import frames
from openline.station.api import types as t

DOES_NOT_VERIFY: Final = 5
PIECE_BYTES: Final = 512 * 1024
BAD_SHOWN_MAX: Final = 8
FOLDER: Final = click.Path(path_type=Path)
carrier_option = click.option("--carrier", help="The courier's id, where the accord has more than one.")


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@carrier_option
@station_option
@json_option
def pack(folder: Path, carrier: str | None, station: Path, as_json: bool) -> None:
    """Have the running station pack all that the other side lacks into DIR, for a person to carry."""
    written = pack_into(asking(station), folder, carrier)
    if as_json:
        click.echo(json.dumps(written._asdict()))
        return
    for line in packed_lines(folder, written):
        click.echo(line)


def pack_into(asked: Asking, folder: Path, carrier: str | None) -> Written:
    """Pack a load into a folder.

    Raises:
        Refused: the accord has no courier. Misuse: no station runs. StorageFault: a disk failed.
    """
    with tempfile.TemporaryFile() as file:
        return loads.write_load(folder, Spooled(file, asked.bundles(f"/v1/courier/pack{_query(carrier)}")))


def packed_lines(folder: Path, written: Written) -> list[str]:
    files = "1 file" if written.files == 1 else f"{written.files:,} files"
    return [
        f"{folder}: load {written.load}: {written.bundles:,} bundles in {files}, {written.bytes:,} bytes",
        f"Carry it with openline courier copy {folder} STICK; there: openline courier unpack STICK, and bring the"
        " answer back.",
    ]


def _query(carrier: str | None) -> str:
    return "" if carrier is None else "?" + urlencode({"carrier": carrier})


# ---- unpack


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--back", type=FOLDER, metavar="DIR", help="Pack the answer into this folder at once.")
@carrier_option
@station_option
@json_option
@click.pass_context
def unpack(
    ctx: click.Context, folder: Path, back: Path | None, carrier: str | None, station: Path, as_json: bool
) -> None:
    """Hand the loads in DIR to the running station, and say what of them was new.

    Exit 0: all of it was whole. 5: something was damaged or missing; what is whole was taken in all the same.
    """
    from openline.cli.courier import finding_lines, findings_facts, found

    read, asked = found(folder), asking(station)
    told = unpack_from(asked, read, carrier)
    written = None if back is None else pack_into(asked, back, carrier)
    good = read.whole and not told.damaged and not told.strange
    if as_json:
        facts: dict[str, Any] = {**msgspec.to_builtins(told), "findings": findings_facts(read.findings)}
        click.echo(json.dumps(facts | {"back": None if written is None else written._asdict()}, ensure_ascii=False))
    else:
        for line in (*finding_lines(read.findings), *told_lines(told)):
            click.echo(line)
        if back is not None and written is not None:
            click.echo("\n".join(packed_lines(back, written)))
        elif told.entries or told.whole:
            click.echo("Send the answer back, or they cannot know that it came: openline courier pack DIR")
    if not good:
        ctx.exit(DOES_NOT_VERIFY)


def unpack_from(asked: Asking, read: Read, carrier: str | None) -> t.Unpacked:
    """Hand every whole bundle of a folder to the station.

    Raises:
        Refused: the accord has no courier. Misuse: no station runs. StorageFault: a disk failed.
    """
    total = t.Unpacked(bundles=0, entries=0, damaged=0, strange=0, arrived=())
    for body in _bodies(read.bundles()):
        told: t.Unpacked = asked.post(f"/v1/courier/unpack{_query(carrier)}", body, t.Unpacked)
        total = t.Unpacked(
            bundles=total.bundles + told.bundles,
            entries=total.entries + told.entries,
            damaged=total.damaged + told.damaged,
            strange=total.strange + told.strange,
            arrived=total.arrived + told.arrived,
            bad=total.bad + told.bad,
            whole=total.whole or told.whole,
        )
    return total


def _bodies(bundles: Iterable[bytes]) -> Iterator[bytes]:
    """Bundles in requests of bounded size."""
    body = bytearray()
    for bundle in bundles:
        if body and len(body) + len(bundle) > PIECE_BYTES:
            yield bytes(body + frames.END)
            body.clear()
        body += frames.frame(bundle)
    if body:
        yield bytes(body + frames.END)


def told_lines(told: t.Unpacked) -> list[str]:
    """What a load brought, for people."""
    lines = [f"{told.bundles:,} bundles taken in: {told.entries:,} new entries"]
    lines += [f"  to open: {each.ref}" for each in told.arrived]
    if told.whole:
        lines.append("  the record is whole again")
    if told.damaged:
        why = "damaged on the way, or not for this station (what we pack is theirs)"
        lines.append(f"  {told.damaged} do not open: {why}")
    if told.strange:
        lines.append(f"  {told.strange} are of the other side and break a rule")
    return [*lines, *_each_once(told.bad)]


def _each_once(bad: Sequence[str]) -> list[str]:
    """What was wrong, the commonest first: a whole load for somebody else is one sentence, not one for each bundle."""
    counted = Counter(bad).most_common()
    lines = [for_terminal(f"    {what}" + (f" ({number:,} times)" if number > 1 else "")) for what, number in counted]
    more = len(lines) - BAD_SHOWN_MAX
    return [*lines[:BAD_SHOWN_MAX], *([f"    … and {more:,} more (all of them with --json)"] if more > 0 else [])]
