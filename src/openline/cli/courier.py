"""`openline courier`: what a person with a stick, a printer or a camera does, on any machine (spec 5.3).

Rules of this file: the verbs here need no station, key or accord (`carried` has those that do); names come from
strangers' sticks and are shown without control characters; nothing that is there is overwritten by another content.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from openline.carriers import courier as loads
from openline.carriers import load_file, qr, scan
from openline.carriers.courier import Finding, Read
from openline.carriers.load_file import NO_LOAD, Damaged
from openline.carriers.qr import Code
from openline.carriers.scan import Scanned
from openline.cli.files import for_terminal, json_option, refuse_existing, write_new
from openline.wire import limits
from openline.wire.errors import Misuse

DOES_NOT_VERIFY: Final = 5
FOLDER: Final = click.Path(path_type=Path)
ASKING: Final = ("pack", "unpack")
SHEET: Final = "sheet.html"
_SHOWN_MAX: Final = 20


class Courier(click.Group):
    """Verbs that ask a station bring its modules with them only when they are called: a third machine, which has no
    station, checks a stick with few of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*ASKING, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ASKING:
            return super().get_command(ctx, cmd_name)
        from openline.cli import carried

        command: click.Command = getattr(carried, cmd_name)
        return command


@click.group(cls=Courier)
def courier() -> None:
    """Pack a load or unpack one, check or copy a stick, print QR codes, or read them back."""


# --- check


@courier.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@json_option
@click.pass_context
def check(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Say what loads lie in DIR, and what of them is damaged or missing.

    Exit 0: each load is whole. 5: something is damaged, missing or renamed; what is whole can be imported.
    """
    read = found(folder)
    if as_json:
        click.echo(json.dumps(check_facts(read)))
    else:
        for line in check_lines(read):
            click.echo(line)
    if not read.whole:
        ctx.exit(DOES_NOT_VERIFY)


def found(folder: Path) -> Read:
    """What a folder holds, once it holds anything of ours.

    Raises:
        Misuse: there is no such folder, or nothing in it is named as a load file.
    """
    read = loads.read_load(folder)
    if not read.loads and not read.findings and not read.unfinished:
        raise Misuse(
            f"{folder}: no load here: none of the {read.others} things in it is named as a load file",
            next_step="Name the folder on the stick that holds the files ending in .load.",
        )
    return read


def check_facts(read: Read) -> dict[str, Any]:
    """What `check` says, for programs. Places of missing files count from 1."""
    return {
        "whole": read.whole,
        "bundles": read.count,
        "loads": [
            {
                "load": x.id.hex(),
                "files": len({y.place for y in x.files}),
                "of": x.total,
                "missing": [place + 1 for place in x.missing],
                "bundles": x.bundles,
                "bytes": x.bytes,
            }
            for x in read.loads
        ],
        "findings": findings_facts(read.findings),
        "unfinished": read.unfinished,
        "others": read.others,
    }


def check_lines(read: Read) -> list[str]:
    """What `check` says, for people."""
    lines = []
    for x in read.loads:
        there = len({y.place for y in x.files})
        files = f"{there} of {counted(x.total, 'file')}"
        lines.append(f"load {x.id.hex()}: {files}, {counted(x.bundles, 'bundle')}, {x.bytes:,} bytes")
        if x.missing:
            lines.append(f"  missing: file {qr.numbers(x.missing)} of {x.total}")
    lines += finding_lines(read.findings)
    if read.unfinished:
        lines.append(f"{counted(read.unfinished, 'unfinished file')}: a copy was cut short; copy again to complete it")
    if read.others:
        lines.append(f"{counted(read.others, 'other thing')} in the folder, not looked at")
    if read.whole:
        return [*lines, f"whole: {counted(read.count, 'bundle')} to import"]
    return [*lines, f"not whole; {counted(read.count, 'bundle')} to import all the same, the rest can come again"]


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def findings_facts(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [{"name": printable(x.name), "what": x.what} for x in findings]


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """The first findings, a line each, and how many more there are. What was never a load comes last: of that a stick
    may be full, and it hides nothing that somebody can mend."""
    ordered = sorted(findings, key=lambda x: x.what == NO_LOAD)
    lines = [f"{printable(x.name)}: {for_terminal(x.what)}" for x in ordered[:_SHOWN_MAX]]
    more = len(findings) - _SHOWN_MAX
    return [*lines, f"… and {more} more (all of them with --json)"] if more > 0 else lines


def printable(name: str) -> str:
    """A name from a stranger's stick: bytes that are no text, controls and line ends are shown as U+FFFD."""
    text = name.encode("utf-8", "replace").decode()
    return for_terminal(text).replace("\n", "\N{REPLACEMENT CHARACTER}").replace("\t", " ")


# --- copy


@courier.command()
@click.argument("source", type=FOLDER, metavar="FROM")
@click.argument("target", type=FOLDER, metavar="TO")
@json_option
@click.pass_context
def copy(ctx: click.Context, source: Path, target: Path, as_json: bool) -> None:
    """Copy the loads in FROM to TO, a stick or a folder. Cut short, it goes on where it stopped.

    Exit 0: each load of FROM is whole, and there. 5: something in FROM is not; what is whole was copied.
    """
    read = found(source)
    put = loads.write_files(target, read.files(), sum(len(x.files) for x in read.loads))
    if as_json:
        click.echo(json.dumps({**put._asdict(), "whole": read.whole, "findings": findings_facts(read.findings)}))
    else:
        for line in finding_lines(read.findings):
            click.echo(line)
        click.echo(f"{counted(put.files, 'file')} in {target}, {put.bytes:,} bytes; {put.kept:,} were there already")
    if not read.whole:
        ctx.exit(DOES_NOT_VERIFY)


# --- QR codes


@courier.command("qr")
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--out", type=FOLDER, metavar="DIR", help="Make pictures (SVG, PNG) and a sheet to print in this folder.")
@click.option("--show", is_flag=True, help="Show the codes here, one after another.")
@json_option
def qr_codes(folder: Path, out: Path | None, show: bool, as_json: bool) -> None:
    """Turn the loads in DIR into QR codes, to print or to show to a camera."""
    if out is None and not show:
        raise Misuse("nothing to do with the codes", next_step="Give --out DIR, or --show, or both.")
    if show and as_json:
        raise Misuse("codes are shown to cameras, not to programs", next_step="Give --show or --json.")
    sets = [qr.divided(file) for file in whole_files(folder)]
    codes = list(chain.from_iterable(sets))
    if len(codes) > limits.CODES_MAX:
        raise Misuse(
            f"{folder} needs {len(codes)} codes; {limits.CODES_MAX} are the most", next_step="Carry it on a stick."
        )
    made = write_codes(out, codes) if out is not None else []
    if as_json:
        click.echo(json.dumps({"codes": len(codes), "load_files": len(sets), "made": made}))
        return
    if show:
        show_codes(codes)
    if out is not None:
        click.echo(f"{counted(len(codes), 'code')} in {out}; print {SHEET} on A4 at full size")


def whole_files(folder: Path) -> list[bytes]:
    """The bytes of every load file in a folder, all whole.

    Raises:
        Misuse: there is no load.
        Damaged: something is damaged or missing: it is mended before it is printed.
    """
    read = found(folder)
    if not read.whole:
        raise Damaged(
            f"{folder}: not whole", next_step=f"`openline courier check {folder}` says what is damaged; pack again."
        )
    return list(read.files())


def write_codes(out: Path, codes: Sequence[Code]) -> list[str]:
    """Pictures of each code and the sheet, in a folder that is made if only it is missing; their names."""
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise Misuse(f"{out}: no folder can be made there: {error.strerror}", next_step="Give another.") from None
    pictures = [(f"{code.name}.svg", qr.svg(code.content)) for code in codes]
    pictures += [(f"{code.name}.png", qr.png(code.content)) for code in codes]
    pictures.append((SHEET, qr.sheet(codes).encode()))
    for name, _ in pictures:
        refuse_existing(out / name)
    for name, data in pictures:
        write_new(out / name, data, secret=False)
    return [name for name, _ in pictures]


def show_codes(codes: Sequence[Code]) -> None:
    """Each code with its number; on a screen the next waits until the camera is ready."""
    for number, code in enumerate(codes):
        if number:
            click.pause(f"{codes[number - 1].label}: any key for the next", err=True)
        click.echo(qr.terminal(code.content), color=True)
        click.echo(code.label)


# --- scan


@courier.command("scan")
@click.argument("images", type=click.Path(exists=True, path_type=Path), metavar="IMAGE...", nargs=-1, required=True)
@click.option("--out", type=FOLDER, metavar="DIR", required=True, help="Where the load's files go.")
@json_option
@click.pass_context
def scan_images(ctx: click.Context, images: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Read QR codes from photographs or scans (PNG, JPEG) into a load that can be imported.

    Exit 0: every load file whose codes were seen is whole. 5: codes are missing or do not fit; they are named.
    """
    scanned = scan.scan(images)
    if scanned.files:
        loads.write_files(out, scanned.files, len(scanned.files))
    if as_json:
        click.echo(json.dumps(scan_facts(scanned)))
    else:
        for line in scan_lines(scanned, out):
            click.echo(line)
    if scanned.incomplete or not scanned.files:
        ctx.exit(DOES_NOT_VERIFY)


def scan_facts(scanned: Scanned) -> dict[str, Any]:
    """What `scan` says, for programs."""
    return {
        "codes": scanned.codes,
        "strange": scanned.strange,
        "files": [load_file.file_name(x) for x in scanned.files],
        "incomplete": [x._asdict() for x in scanned.incomplete],
        "findings": findings_facts(scanned.findings),
    }


def scan_lines(scanned: Scanned, out: Path) -> list[str]:
    """What `scan` says, for people."""
    lines = finding_lines(scanned.findings)
    if scanned.strange:
        lines.append(f"passed over: {counted(scanned.strange, 'code')} of somebody else")
    lines += [f"{x.file[:4]}: {x.read} of {counted(x.total, 'code')} read; {x.what}" for x in scanned.incomplete]
    if scanned.files:
        lines.append(f"{counted(len(scanned.files), 'load file')} in {out}, from {counted(scanned.codes, 'code')}")
    else:
        lines.append("nothing is whole: photograph what is missing again, closer and evenly lit, and give all images")
    return lines
