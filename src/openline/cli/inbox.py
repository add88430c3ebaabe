"""`openline inbox`: what of theirs there is, one of it whole, and opening it.

Rules of this file: reading tells the other side nothing, and says so; opening is asked for in so many words; what
others wrote is shown without characters that steer a terminal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click

from openline.cli.asking import Asking, asking, fit, one_line, show_json, station_option
from openline.cli.files import FILE, json_option, refuse_existing, utc, write_new
from openline.core.wording import span
from openline.station.api import types_items as t
from openline.wire.errors import Misuse

FLAGS: Final = {
    "crossed": "sent while a suspension was on its way; neither side had the other's entry",
    "out_of_line": "sent although its author's own chain held the suspension",
}
PREVIEW: Final = 100


@click.command()
@click.argument("ref", required=False)
@click.option("--open", "opening", is_flag=True, help="Open it as an officer on watch: their side is told.")
@click.option("--officer", metavar="NAME", help="Who opens it; the officer on watch, unless given.")
@click.option("--out", type=FILE, help="Write a letter's sealed file, or a statement both signed, to a new file.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many are listed.")
@station_option
@json_option
def inbox(
    ref: str | None, opening: bool, officer: str | None, out: Path | None, limit: int, station: Path, as_json: bool
) -> None:
    """List what the other side sent, the unopened first; or show REF whole.

    Showing sends nothing. With --open the other side gets the receipt that an officer on watch opened it.

    \b
    openline inbox
    openline inbox south–liaison–2026–3
    openline inbox south–liaison–2026–3 --open --officer kim
    openline inbox "south 0/41" --open --out letter.age
    """
    if ref is None:
        if opening or officer is not None or out is not None:
            raise Misuse("it is not said what to open or write", next_step="Give REF.")
        found = asking(station).get("/v1/inbox", t.Inbox, limit=str(limit))
        if as_json:
            show_json(found)
        else:
            _echo(_listed(fit(found)))
        return
    if officer is not None and not opening:
        raise Misuse("--officer is for --open", next_step="Give --open too.")
    if out is not None:
        refuse_existing(out)
    _one(asking(station), ref, opening, officer, out, as_json=as_json)


def _one(ask: Asking, ref: str, opening: bool, officer: str | None, out: Path | None, *, as_json: bool) -> None:
    one = ask.get("/v1/inbox/item", t.One, ref=ref)
    if opening and one.item is None:
        raise Misuse(f"{ref} is an offer: it is not opened", next_step=f"Accept it: openline accept {ref}.")
    data = None if out is None else _file_of(ask, ref, one)
    if opening:
        opened: t.Opened = ask.post("/v1/inbox/open", t.Open(ref=ref, officer=officer), t.Opened)
        if as_json:
            show_json(opened)
        else:
            _echo([*_item(fit(opened.item)), "", opened.says])
    elif as_json:
        show_json(one)
    elif one.item is not None:
        _echo([*_item(fit(one.item)), "", _unsaid(one.item)])
    elif one.offer is not None:
        _echo(_offer(fit(one.offer)))
    if out is not None and data is not None:
        write_new(out, data, secret=False)


def _file_of(ask: Asking, ref: str, one: t.One) -> bytes:
    if one.item is not None and one.item.age is not None:
        return one.item.age
    if one.offer is not None and one.offer.texts:
        return ask.get("/v1/offers/published", bytes, ref=ref)
    if one.item is not None and one.item.kind == "document":
        raise Misuse(f"{ref} is a document", next_step=f"Save its pages: openline document save {ref} --out FILE.")
    raise Misuse(f"{ref} has no file", next_step="Leave --out out.")


def _echo(rows: Iterable[str]) -> None:
    for row in rows:
        click.echo(row)


# ---- the list


def _listed(found: t.Inbox) -> Iterator[str]:
    fresh, old = found.items[: found.unopened], found.items[found.unopened :]
    if len(fresh) < found.unopened:
        fresh, old = found.items[: len(found.items)], ()
    yield click.style(f"{found.unopened} unopened", bold=True)
    for item in fresh:
        yield from _rows(item)
    if found.offers:
        yield ""
        yield click.style(f"{len(found.offers)} for us to accept", bold=True)
        for offer in found.offers:
            yield f"  {offer.ref}  {offer.kind}  {one_line(offer.what)}"
    if old:
        yield ""
        yield click.style("opened", dim=True)
        for item in old:
            yield from _rows(item)
    if found.more:
        yield f"{found.more:,} more: --limit"


def _rows(item: t.Item) -> Iterator[str]:
    precedence = "" if item.precedence == "ROUTINE" else item.precedence
    colour = {"FLASH": "red", "IMMEDIATE": "yellow"}.get(item.precedence)
    about = " ".join(x for x in (item.line, "" if item.lane != "safety" else "SAFETY") if x)
    marks = [*_marks(item), f"{span((time.time_ns() // 10**9 - item.received_s) * 1000)} ago"]
    yield click.style(f"  {item.ref}  {item.kind}  {about}  {precedence}".rstrip(), fg=colour) + f"  {', '.join(marks)}"
    yield f"      {one_line(_beginning(item), PREVIEW)}"


def _marks(item: t.Item) -> list[str]:
    marks = ["EXERCISE"] if item.exercise else []
    if item.due_s and item.receipt != "answered":
        marks.append("answer overdue" if item.overdue else f"answer due {utc(item.due_s)}")
    if item.flag != "none":
        marks.append(item.flag.replace("_", " "))
    if item.receipt in ("acknowledged", "answered"):
        marks.append(item.receipt)
    return marks


def _beginning(item: t.Item) -> str:
    match item.kind:
        case "notice":
            return f"{item.form}: " + ", ".join(f"{key} = {value}" for key, value in item.fields.items())
        case "document":
            here = "" if item.pages_here else "; its pages are on their way"
            return f"“{item.title}”, {item.size:,} bytes{here}"
        case "letter":
            return f"sealed, to {item.to}, {item.size:,} bytes"
        case _:
            return item.text + ("…" if item.shortened else "")


# ---- one


def _item(item: t.Item) -> Iterator[str]:
    yield click.style(f"{item.ref}  {item.kind}", bold=True)
    yield _row("from", f"{item.author}, {utc(item.time_s)} by its clock; came here {utc(item.received_s)}")
    if item.line:
        yield _row("on", ", ".join(x for x in (item.line, item.lane, item.precedence) if x))
    if item.exercise:
        yield _row("EXERCISE", "part of an exercise")
    named = {
        "action": ", ".join(item.action),
        "info": ", ".join(item.info),
        "approved": ", ".join(item.approved_by),
        "answers": item.answers,
        "corrects": item.corrects,
        "translates": item.translation_of,
    }
    yield from (_row(name, value) for name, value in named.items() if value)
    if item.due_s:
        yield _row("due", f"an answer by {utc(item.due_s)}" + ("; it is overdue" if item.overdue else ""))
    if item.flag != "none":
        yield _row("flag", f"{item.flag}: {FLAGS.get(item.flag, '')}")
    if item.attested_by:
        yield _row("receipt", f"{item.receipt}, attested by {item.attested_by}")
    yield ""
    yield from _content(item)


def _row(name: str, value: str) -> str:
    return f"{name:<11} {one_line(value)}"


def _content(item: t.Item) -> Iterator[str]:
    match item.kind:
        case "notice":
            yield one_line(item.form)
            yield from (f"  {one_line(key)} = {one_line(value, len(value))}" for key, value in item.fields.items())
        case "document":
            yield f"“{one_line(item.title)}”, {item.size:,} bytes, SHA-256 {item.digest}"
            if item.pages_here:
                yield f"its pages are here: openline document save {item.ref} --out FILE"
            else:
                yield "its pages have not all come yet"
        case "letter":
            yield f"sealed to {item.to}, {item.size:,} bytes; no station can read it"
            yield "write it to a file with --out, and carry it to them"
        case _:
            yield from _text(item.language, item.text)


def _text(language: str, text: str) -> Iterator[str]:
    """Set in, so that no line of it passes for one of ours."""
    if language:
        yield f"[{one_line(language)}]"
    yield from (f"  {line}" for line in text.split("\n"))


def _unsaid(item: t.Item) -> str:
    if item.opened or item.kind == "service":
        return "opened before"
    if item.kind == "letter":
        return "not handed over yet: --open marks that it is"
    return "not opened: nobody on the other side is told that this was shown; --open tells them"


def _offer(offer: t.Offer) -> Iterator[str]:
    yield click.style(f"{offer.ref}  {offer.kind}", bold=True)
    yield _row("from", f"{offer.author}, {utc(offer.time_s)} by its clock")
    if offer.approved_by:
        yield _row("approved", ", ".join(offer.approved_by))
    waits = {"us": "; it is ours to answer", "them": "; it waits for them"}.get(offer.waits_for, "")
    yield _row("standing", offer.standing + ("; its time has passed" if offer.lapsed else waits))
    if offer.effective_s:
        yield _row("effective", utc(offer.effective_s))
    yield ""
    if not offer.texts:
        yield one_line(offer.what, len(offer.what))
    for language, text in offer.texts.items():
        yield from _text(language, text)
