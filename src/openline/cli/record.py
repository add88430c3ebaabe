"""`openline record`: show an exported record, compare two, export a station's own (spec 13).

Rules of this file: showing proves nothing and says so; a comparison audits both files first; an export is audited
before it is reported as made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
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
from openline.cli.audit import DOES_NOT_VERIFY, opened, progress_bar
from openline.cli.files import FILE, json_option, passphrase_option

EXPORT: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NOT_PROVEN: Final = "This is what the file says; `openline audit` proves it."


@click.group()
def record() -> None:
    """Show, export or compare records."""


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
@click.argument("export", type=EXPORT)
@click.option("--side", help="Only what this side wrote (its name).")
@click.option("--line", help="Only what concerns this line (its id).")
@click.option("--kind", type=click.Choice(sorted(KIND_WORDS.values())), help="Only entries of this kind.")
@click.option("--since", callback=instant, metavar="TIME", help="Only from this time on, by the authors' clocks.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many entries.")
@json_option
def show(
    export: Path, side: str | None, line: str | None, kind: str | None, since: int | None, limit: int | None,
    as_json: bool,
) -> None:
    """List the entries of an exported record, causes before effects, a line each."""
    with ExitStack() as files:
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
@click.argument("second", type=EXPORT)
@json_option
@click.pass_context
def compare_exports(ctx: click.Context, first: Path, second: Path, as_json: bool) -> None:
    """Compare two exports: same accord, common beginnings, who lacks what.

    Exit code 0: both hold and one is at most behind the other. 5: one does not verify, or the two cannot both be true.
    """
    audits = [_audited(path) for path in (first, second)]
    comparison = compare(audits[0], audits[1])
    if as_json:
        click.echo(json.dumps(comparison.to_plain(), ensure_ascii=False, indent=2))
    else:
        for path, audit in zip((first, second), audits, strict=True):
            exporter = audit.verdict.exporter
            whose = "" if exporter is None else f" (record of {audit.verdict.sides[exporter]})"
            click.echo(plain(f"{path}{whose}: {headline(audit.verdict)}"))
        for text in comparison_lines(comparison, (str(first), str(second))):
            click.echo(plain(text))
    if not comparison.holds:
        ctx.exit(DOES_NOT_VERIFY)


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
@click.argument("store")
@click.option("--accord", type=FILE, required=True, help="The signed accord of this record.")
@click.option("--keys", type=FILE, required=True, help="The station's key file, to sign the export with.")
@click.option("--out", type=FILE, required=True, help="The export to make; it must not be there yet.")
@passphrase_option
@click.pass_context
def export_store(
    ctx: click.Context, store: str, accord: Path, keys: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Write the record in STORE, a path or a URL, to one file that anyone can audit.

    The station must be down: a store has one user at a time.
    """
    from openline.cli.record_export import export_to  # the store is needed by this verb alone

    export_to(store, accord, keys, out, passphrase_file)
    verdict = _audited(out).verdict
    click.echo(plain(f"{out}: {headline(verdict)}"))
    if verdict.kind is Kind.DOES_NOT_VERIFY:
        ctx.exit(DOES_NOT_VERIFY)
