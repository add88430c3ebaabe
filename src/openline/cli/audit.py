"""`openline audit`: the verdict on an exported record, offline, with public keys only (spec 13).

Rules of this file: it opens one file and nothing else; the exit code is 0 only where the record verifies, 5 for
whatever is wrong with the content, 2 for a file that cannot be opened or a wrong flag.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from openline.audit import words
from openline.audit.check import audit as run_audit
from openline.audit.verdict import Kind, Verdict
from openline.wire.errors import Misuse

DOES_NOT_VERIFY = 5
DIGITS = 60


def digits(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The 60 digits of an accord as typed, spaces and hyphens left out."""
    if value is None:
        return None
    bare = value.translate(str.maketrans("", "", " -\t"))
    if len(bare) != DIGITS or not bare.isascii() or not bare.isdigit():
        raise click.BadParameter(f"{DIGITS} digits are expected, in groups of 5 or without spaces.")
    return bare


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The export at `path`.

    Raises:
        Misuse: it cannot be opened.
    """
    try:
        stream = path.open("rb")
        if not stream.seekable():
            stream.close()
            raise Misuse(f"{path}: an export is read from a file, not from a pipe")
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    with stream:
        yield stream


@contextmanager
def progress_bar(what: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while `size` bytes are read, if a person looks on; else nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # heavy, and used only where a terminal is
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=size)
        yield lambda done: bar.update(task, completed=done)


def audited(path: Path, accord_digits: str | None = None) -> Verdict:
    """The verdict on the export at `path`, with a bar while it is read."""
    with opened(path) as stream, progress_bar(f"auditing {path.name}", path.stat().st_size) as progress:
        return run_audit(stream, accord_digits=accord_digits, progress=progress)


@click.command()
@click.argument("export", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--accord", callback=digits, metavar="DIGITS", help="The 60 digits of the accord it has to rest on.")
@click.option("--json", "as_json", is_flag=True, help="The whole verdict as one JSON object.")
@click.pass_context
def audit(ctx: click.Context, export: Path, accord: str | None, as_json: bool) -> None:
    """Check an exported record, offline, with public keys only.

    Exit code 0: it verifies. 5: it does not, or entries that it names are absent.
    """
    verdict = audited(export, accord)
    if as_json:
        click.echo(json.dumps(verdict.to_plain(), ensure_ascii=False, indent=2))
    else:
        for line in words.lines(verdict):
            click.echo(line)
    if verdict.kind is not Kind.VERIFIES:
        ctx.exit(DOES_NOT_VERIFY)
