"""`openline record`: show an exported record, compare two, export a station's own (spec 13).

Rules of this file: showing proves nothing and says so; a comparison audits both files first; an export is audited
before it is reported as made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import click

from openline.audit.check import Audit
from openline.audit.compare import Comparison, compare
from openline.audit.describe import Describer, Row
from openline.audit.listing import accord_of, listed
from openline.audit.verdict import Kind, place_name
from openline.audit.words import KIND_WORDS, headline, plain
from openline.cli.asking import asking, station_option
from openline.cli.audit import DOES_NOT_VERIFY, opened, progress_bar
from openline.cli.files import FILE, json_option, passphrase_option
from openline.cli.record_heads import heads
from openline.wire.errors import Misuse

EXPORT: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NOT_PROVEN: Final = "This is what the record says; `openline audit` proves an export of it."


@click.group()
def record() -> None:
    """Show, export or compare records."""


record.add_command(heads)


def instant(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """An ISO date or time as seconds; UTC where it names no offset."""
    if value is None:
        return None
    try:
        given = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("a date or time is expected, as 2021-07-27 or 2021-07-27T10:00+09:00.") from None
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())


@record.command()
@click.argument("export", type=EXPORT, required=False)
@station_option
@click.option("--side", help="Only what this side wrote (its name).")
@click.option("--line", help="Only what concerns this line (its id).")
@click.option("--kind", type=click.Choice(sorted(KIND_WORDS.values())), help="Only entries of this kind.")
@click.option("--since", callback=instant, metavar="TIME", help="Only from this time on, by the authors' clocks.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many entries.")
@json_option
def show(
    export: Path | None, station: Path, side: str | None, line: str | None, kind: str | None, since: int | None,
    limit: int | None, as_json: bool,
) -> None:
    """List the entries of an exported record, causes before effects, a line each.

    Without EXPORT, those of the running station.
    """
    with ExitStack() as files:
        export = export or files.enter_context(of_station(station))
        streams = [files.enter_context(opened(export)) for _ in range(3)]
        accord, _ = accord_of(streams[0])
        _one_of("--side", side, [x.name for x in accord.sides])
        _one_of("--line", line, [x.id for x in accord.lines])
        describer = Describer(accord)
        rows = (describer.row(entry) for entry in listed(streams[1], streams[2]))
        kept = (
            row
            for row in rows
            if (side is None or accord.sides[row.place.side].name == side)
            and (line is None or line in row.lines)
            and (kind is None or row.kind == kind)
            and (since is None or row.time_s >= since)
        )
        _print_rows(islice(kept, limit), as_json)


def _one_of(option: str, value: str | None, allowed: list[str]) -> None:
    if value is not None and value not in allowed:
        raise click.BadParameter(f"the accord of this export has {', '.join(allowed)}.", param_hint=option)


def _print_rows(rows: Iterator[Row], as_json: bool) -> None:
    if not as_json:
        for row in rows:
            click.echo(plain(row.text()))
        click.echo(NOT_PROVEN, err=True)
        return
    before = "["  # written as it is read: a record of a million entries is never held whole
    for row in rows:
        click.echo(before + json.dumps(row.to_plain(), ensure_ascii=False), nl=False)
        before = ",\n "
    click.echo("]" if before != "[" else "[]")


# --- compare ----------------------------------------------------------------------------------------------------------


@record.command(name="compare")
@click.argument("first", type=EXPORT)
@click.argument("second", type=EXPORT, required=False)
@station_option
@json_option
@click.pass_context
def compare_exports(ctx: click.Context, first: Path, second: Path | None, station: Path, as_json: bool) -> None:
    """Compare two exports: same accord, common beginnings, who lacks what.

    Without SECOND, an export with the record of the running station.

    Exit code 0: both hold and one is at most behind the other. 5: one does not verify, or the two cannot both be true.
    """
    with of_station(station) if second is None else nullcontext(second) as other:
        comparison, audits = _compared(first, other)
    names = (str(first), other.name if second is None else str(other))
    if as_json:
        click.echo(json.dumps(comparison.to_plain(), ensure_ascii=False, indent=2))
    else:
        for name, audit in zip(names, audits, strict=True):
            exporter = audit.verdict.exporter
            whose = "" if exporter is None else f" (record of {audit.verdict.sides[exporter]})"
            click.echo(plain(f"{name}{whose}: {headline(audit.verdict)}"))
        for text in comparison_lines(comparison, names):
            click.echo(plain(text))
    if not comparison.holds:
        ctx.exit(DOES_NOT_VERIFY)


def _compared(first: Path, second: Path) -> tuple[Comparison, list[Audit]]:
    audits = [_audited(path) for path in (first, second)]
    return compare(audits[0], audits[1]), audits


def of_station(station: Path) -> AbstractContextManager[Path]:
    """An export of the running station, for as long as it is looked at."""
    from openline.cli.record_export import fetched  # a station is needed only where no file is given

    return fetched(station)


def _audited(path: Path) -> Audit:
    with opened(path) as stream, progress_bar(f"auditing {path.name}", path.stat().st_size) as progress:
        return Audit(stream, progress=progress)


def comparison_lines(found: Comparison, paths: tuple[str, str]) -> Iterator[str]:
    """A comparison in words."""
    if not found.same_accord:
        yield "They do not rest on one accord: there is nothing to compare."
        return
    if Kind.DOES_NOT_VERIFY in found.kinds:
        yield "What does not verify is compared only as far as its ids could be read."
    for (side, gen), count in found.common.items():
        yield f"{found.sides[side]}, generation {gen}: the first {count:,} entries are the same in both."
    for lack in found.lacks:
        first = place_name(found.sides, lack.first)
        more = "" if lack.entries == 1 else f" to {lack.first.gen}/{lack.first.seq + lack.entries - 1}"
        noun = "entry" if lack.entries == 1 else "entries"
        yield f"{paths[lack.export]} lacks {first}{more} ({lack.entries:,} {noun})."
    for difference in found.differences:
        author = found.sides[difference.place.side]
        name = place_name(found.sides, difference.place)
        yield (
            f"FORK at {name}: {author} signed two entries there."
            if difference.proven
            else f"They differ at {name}; one of the two entries is damaged or missing, so no fork is proven."
        )
        for path, identity, offset in zip(paths, difference.ids, difference.offsets, strict=True):
            yield f"  {path}: {identity} at byte {offset:,}"
    if found.holds and found.heads_agree:
        yield "The heads agree: both hold the same record."
    elif found.holds:
        yield "One is behind the other; nothing in either denies the other."


# --- export -----------------------------------------------------------------------------------------------------------


@record.command(name="export")
@click.argument("store", required=False)
@click.option("--accord", type=FILE, help="The signed accord of this record, for a STORE.")
@click.option("--keys", type=FILE, help="The station's key file, to sign the export of a STORE with.")
@click.option("--out", type=FILE, required=True, help="The export to make; it must not be there yet.")
@station_option
@passphrase_option
@click.pass_context
def export_record(
    ctx: click.Context, store: str | None, accord: Path | None, keys: Path | None, out: Path, station: Path,
    passphrase_file: Path | None,
) -> None:
    """Write the record of the running station to one file that anyone can audit.

    With STORE, a path or a URL, that of a station that is down: a store has one user at a time.
    """
    from openline.cli import record_export  # the store is needed by this verb alone

    if store is None:
        record_export.export_from(asking(station), out)
    elif accord is None or keys is None:
        raise Misuse("a store's export needs --accord and --keys", next_step="Or leave STORE out: its station does it.")
    else:
        record_export.export_to(store, accord, keys, out, passphrase_file)
    verdict = _audited(out).verdict
    click.echo(plain(f"{out}: {headline(verdict)}"))
    if verdict.kind is Kind.DOES_NOT_VERIFY:
        ctx.exit(DOES_NOT_VERIFY)
