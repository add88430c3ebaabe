"""`openline record heads`: both heads of the running station, to be read out on a call, and theirs held against them.

Rules of this file: what two officers compare is a place and the beginning of an id, in groups that can be read aloud;
spaces, hyphens and capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from openline.cli.asking import asking, show_json, station_option
from openline.cli.files import for_terminal, json_option
from openline.station import heads_file
from openline.station.api import types_record as t

DIFFER: Final = 5
READ_OUT: Final = 16  # digits: whoever would forge an entry that begins so would need 2^64 tries
GROUP: Final = 4
VERDICTS: Final = {
    "agree": "They agree: the same entry is the head here.",
    "behind": "The same entry stands here, and {more:,} more follow it here. Nothing contradicts it.",
    "ahead": "That place is beyond what is held here: it has not come yet, or somebody misread.",
    "differ": "THEY DIFFER: another entry stands at that place here, {id}.",
}
AHEAD_OF_OURS: Final = (
    "That would be an entry of ours that we do not hold: this station runs on an old copy, or somebody misread."
)


@click.command()
@click.argument("place", required=False)
@click.argument("digits", nargs=-1)
@click.option("--theirs", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file of their heads.")
@station_option
@json_option
@click.pass_context
def heads(
    ctx: click.Context, place: str | None, digits: tuple[str, ...], theirs: Path | None, station: Path, as_json: bool
) -> None:
    """Show both heads, to be read out on a call; or hold a head that the other side read out, or a file of theirs,
    against this record.

    \b
    openline record heads
    openline record heads "north 0/17" 6bcd e924 651b 2ddf
    openline record heads --json > heads.json
    openline record heads --theirs heads.json

    Exit 0: it is the head here, or an entry before it. 5: it differs, or is not held here.
    """
    ask = asking(station)
    if place is not None and theirs is not None:
        raise click.UsageError("either a head that was read out, or --theirs")
    if place is None:
        held: t.RecordHeads = ask.get("/v1/record/heads", t.RecordHeads)
        if theirs is not None:
            told = heads_file.read(theirs.read_bytes()[: heads_file.BYTES_MAX + 1], held.accord)
            each_head = ((each.place, each.id) for each in told.chains)
            verdicts = [ask.get("/v1/record/compare", t.Compared, place=at, id=digits) for at, digits in each_head]
            _tell(ctx, verdicts, as_json=as_json)
            return
        if as_json:
            show_json(held)
            return
        for row in rows(held):
            click.echo(for_terminal(row))
        return
    _tell(ctx, [ask.get("/v1/record/compare", t.Compared, place=place, id="".join(digits))], as_json=as_json)


def _tell(ctx: click.Context, verdicts: list[t.Compared], *, as_json: bool) -> None:
    """Say what came of each head; exit 5 if one differs or is not held here."""
    for found in verdicts:
        if as_json:
            show_json(found)
            continue
        words = AHEAD_OF_OURS if found.verdict == "ahead" and found.ours else VERDICTS[found.verdict]
        click.echo(for_terminal(f"{found.place}: {words.format(more=found.more, id=found.id)}"))
    if any(found.verdict in ("ahead", "differ") for found in verdicts):
        ctx.exit(DIFFER)


def rows(held: t.RecordHeads) -> Iterator[str]:
    """The heads, a line each, and whether the stations agree by themselves."""
    for each in held.chains:
        digits = " ".join(each.id[at : at + GROUP] for at in range(0, READ_OUT, GROUP))
        acknowledged = f"acknowledged up to {each.acknowledged}" if each.acknowledged else "nothing acknowledged yet"
        yield f"{each.place:<16}  {digits} …  {each.entries:,} entries, {acknowledged}"
    told = "the same" if held.equal else "not the same, or on their way"
    yield f"By what the stations told each other, the heads are {told}."
