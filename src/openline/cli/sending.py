"""`openline message`, `notice` and `document`: what an officer sends on a line.

Rules of this file: text is sent as typed, without the line's end that a file or a pipe adds; the marks are those of
the spec (1.5 to 1.8) and the same for all three; what a rule refuses is told in the rule's words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from openline.cli import acting
from openline.cli.asking import asking, show_json, station_option
from openline.cli.files import FILE, for_terminal, json_option, named_values, read_file, refuse_existing, write_new
from openline.cli.moments import length_s
from openline.station.api import types as t
from openline.wire.errors import Misuse
from openline.wire.limits import BLOB_BYTES_MAX
from openline.wire.terms import Precedence

Verb = TypeVar("Verb", bound=Callable[..., Any])
MARKS = (
    click.option("--lane", type=click.Choice(["liaison", "safety"]), default="liaison", show_default=True,
                 help="safety is for distress and rescue: it passes a cut line, and officers are told so."),
    click.option("--precedence", type=click.Choice([each.name for each in Precedence], case_sensitive=False),
                 default="ROUTINE", show_default=True, help="FLASH goes by every path and sounds until it is opened."),
    click.option("--due", metavar="LENGTH", help="An answer is wanted within this time: 30m, 2h, 1d."),
    click.option("--exercise", is_flag=True, help="Mark it as part of an exercise."),
    click.option("--language", default="", metavar="TAG", help="Its language, where it is not the side's own."),
    click.option("--corrects", metavar="REF", help="What it corrects, by citation, place or id."),
    click.option("--translation-of", metavar="REF", help="What it is a translation of."),
    click.option("--action", multiple=True, metavar="POST", help="A post that is to act. May be repeated."),
    click.option("--info", multiple=True, metavar="POST", help="A post that is to know. May be repeated."),
)  # fmt: skip


def mark_options(verb: Verb) -> Verb:
    """The marks that a message, notice or document may bear."""
    for option in reversed(MARKS):
        verb = option(verb)
    return verb


def marks_of(given: dict[str, Any]) -> dict[str, Any]:
    """The marks among a verb's options, as the API takes them."""
    due = given.pop("due")
    return {**given, "due_s": 0 if due is None else length_s(due)}


def text_of(given: str) -> str:
    """The text itself, or all of standard input for `-`.

    Raises:
        Misuse: it is not UTF-8.
    """
    if given != "-":
        return given
    try:
        return read_file(Path("-")).decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise Misuse("standard input is not UTF-8 text", next_step="Send other files as documents.") from None


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[LINE] TEXT|-")
@click.option("--answer", metavar="REF", help="Answer this item, on its line and lane; LINE is left out then.")
@click.option("--service", is_flag=True, help="Technicians' talk: always ROUTINE, passes a cut line, bears no mark.")
@mark_options
@acting.officer_options
@station_option
@json_option
def message(
    words: tuple[str, ...], answer: str | None, service: bool, keys: tuple[Path, ...], passphrase_file: Path | None,
    station: Path, as_json: bool, **given: Any,
) -> None:
    """Send TEXT, or all of standard input, on LINE.

    \b
    openline message liaison "The convoy leaves at 10:00." --precedence PRIORITY --due 2h
    openline message --answer north–liaison–2026–3 "Agreed."
    openline message liaison - --lane safety < distress.txt
    """
    at, marks = acting.ground(station), marks_of(given)
    if answer is not None:
        if len(words) != 1 or service:
            raise Misuse("an answer goes on the line of what it answers", next_step="Leave LINE and --service out.")
        reply = {"do": "answer", "to": answer, "text": text_of(words[0]), **_reply_marks(marks)}
        command = acting.filled(t.Reply, reply)
    elif len(words) != 2:
        raise Misuse("a message needs a line and a text", next_step='openline message LINE "TEXT"')
    elif service:
        if marks != marks_of(dict(_DEFAULTS)):
            raise Misuse("a service message bears no marks", next_step="Leave them out, or --service.")
        command = acting.filled(t.Service, {"do": "service", "line": words[0], "text": text_of(words[1])})
    else:
        command = acting.filled(t.Message, {"do": "message", "line": words[0], "text": text_of(words[1]), **marks})
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


_DEFAULTS = {
    "lane": "liaison", "precedence": "ROUTINE", "due": None, "exercise": False, "language": "", "corrects": None,
    "translation_of": None, "action": (), "info": (),
}  # fmt: skip


def _reply_marks(marks: dict[str, Any]) -> dict[str, Any]:
    taken = {"precedence", "due_s", "exercise", "language"}
    other = {name for name, value in marks.items() if name not in taken and value != _DEFAULTS[name]}
    if other:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(other))
        raise Misuse(f"an answer takes no {named}", next_step="Send a message of its own for that.")
    return {name: marks[name] for name in taken}


@click.command()
@click.argument("line")
@click.argument("form")
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]…")
@mark_options
@acting.officer_options
@station_option
@json_option
def notice(
    line: str, form: str, fields: tuple[str, ...], keys: tuple[Path, ...], passphrase_file: Path | None, station: Path,
    as_json: bool, **given: Any,
) -> None:
    """Send a notice: FORM and its fields, which each side reads in its own language.

    \b
    openline notice liaison exercise.planned from=2026-12-01 to=2026-12-04 area="west coast"
    """
    at = acting.ground(station)
    said = named_values(fields, bare="is no field", what="field", form="KEY=VALUE")
    values = {"do": "notice", "line": line, "form": form, "fields": said, **marks_of(given)}
    acting.say(acting.enact(at, acting.filled(t.Notice, values), keys, passphrase_file), as_json=as_json)


@click.group()
def document() -> None:
    """Send a document's pages, or save those that came."""


@document.command()
@click.argument("line")
@click.argument("file", type=FILE)
@click.option("--title", help="Its title; else the file's name.")
@mark_options
@acting.officer_options
@station_option
@json_option
def send(
    line: str, file: Path, title: str | None, keys: tuple[Path, ...], passphrase_file: Path | None, station: Path,
    as_json: bool, **given: Any,
) -> None:
    """Send FILE's pages on LINE. The record holds their size and SHA-256; the pages travel apart.

    \b
    openline document send liaison map.pdf --title "Corridor, sheet 2" --due 1d
    """
    at, marks = acting.ground(station), marks_of(given)
    pages = read_file(file)
    if len(pages) > BLOB_BYTES_MAX:
        raise Misuse(f"{file}: {len(pages):,} bytes; a document has {BLOB_BYTES_MAX:,} at most")
    called = title if title is not None else "" if str(file) == "-" else file.name
    kept = at.asking.post("/v1/pages", pages, dict[str, str])
    command = acting.filled(t.Document, {"do": "document", "line": line, "title": called, **kept, **marks})
    acting.say(acting.enact(at, command, keys, passphrase_file), as_json=as_json)


@document.command()
@click.argument("ref")
@click.option("--out", type=FILE, required=True, help="The file to make; - for standard output.")
@station_option
@json_option
def save(ref: str, out: Path, station: Path, as_json: bool) -> None:
    """Save the pages of the document REF. Their SHA-256 was held against the record's.

    Saving does not open it: their side is told nothing.

    \b
    openline document save south–liaison–2026–4 --out map.pdf
    """
    refuse_existing(out)
    pages = asking(station).get("/v1/inbox/pages", bytes, ref=ref)
    write_new(out, pages, secret=False)
    if as_json:
        show_json({"out": str(out), "bytes": len(pages)})
    elif str(out) != "-":
        click.echo(for_terminal(f"{out}: {len(pages):,} bytes, as the record names them; nobody is told of it"))
