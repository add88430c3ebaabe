"""`openline accord`: what both sides agreed, checked, and the digits that both delegations read aloud.

Rules of this file: nothing of a signed accord is shown before all its signatures hold; one that is not signed yet is
shown, because it is read aloud before it is signed, and says of itself that it is not.
"""

from __future__ import annotations

import json
import textwrap
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from openline.audit.words import KIND_WORDS
from openline.cli.files import FILE, checked_accord, for_terminal, json_option, read_file, utc
from openline.keys import letters, notes
from openline.keys.public import fingerprint, possessed_keys
from openline.wire import accord as accords
from openline.wire import bodies, cbor
from openline.wire.accord import Accord, Line, Side
from openline.wire.errors import Malformed
from openline.wire.terms import CheckIn

WIDTH: Final = 100


class Read(NamedTuple):
    """An accord from a file, its id, and whether both sides signed it."""

    accord: Accord
    id: bytes
    signed: bool


@click.group()
def accord() -> None:
    """Show an accord, or the digits to read aloud at the table."""


@accord.command()
@click.argument("file", type=FILE)
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what the accord in FILE says, once its signatures hold."""
    read = _read(file)
    facts = _facts(read)
    if as_json:
        click.echo(json.dumps(facts))
    else:
        click.echo(for_terminal("\n".join(_lines(facts))))


@accord.command()
@click.argument("file", type=FILE)
@json_option
def digits(file: Path, as_json: bool) -> None:
    """Print the 60 digits of the accord in FILE.

    Both delegations read them aloud at the table; equal digits mean equal accords, in every byte.
    """
    read = _read(file)
    groups = accords.digits(read.id).split(" ")
    if as_json:
        click.echo(json.dumps({"digits": " ".join(groups), "id": read.id.hex(), "signed": read.signed}))
        return
    for at in range(0, len(groups), 4):
        click.echo("  ".join(groups[at : at + 4]))
    if not read.signed:
        click.echo("not signed yet", err=True)


def _read(file: Path) -> Read:
    """An accord, signed and checked, or the document alone as it lies on the table.

    Raises:
        Misuse: the file cannot be read.
        PeerFault: no accord, or a signature in it does not hold.
    """
    data = read_file(file)
    if _is_document(data):
        return Read(accords.decode(data), accords.accord_id(data), signed=False)
    signed = checked_accord(data, file)
    return Read(signed.accord, signed.id, signed=True)


def _is_document(data: bytes) -> bool:
    try:
        return isinstance(cbor.decode(data, depth_max=8), dict)
    except Malformed:
        return False


def _facts(read: Read) -> dict[str, Any]:
    agreed = read.accord
    return {
        "name": agreed.name,
        "id": read.id.hex(),
        "digits": accords.digits(read.id),
        "signed": read.signed,
        "founded_s": agreed.founded_s,
        "sides": [_side(agreed, side) for side in agreed.sides],
        "carriers": [
            {"id": one.id, "kind": one.kind.name.lower(), "latency_ms": one.latency_ms} for one in agreed.carriers
        ],
        "lines": [_line(agreed, line) for line in agreed.lines],
        "two_person": [_act(kind) for kind in agreed.two_person],
        "witnesses": [{"name": one.name, "key": one.key.hex()} for one in agreed.witnesses],
    }


def _side(agreed: Accord, side: Side) -> dict[str, Any]:
    keys = [
        ("root", side.root_ed25519),
        ("root, ML-DSA-87", side.root_mldsa87),
        ("checkpoint", side.checkpoint),
        ("announcement, ML-DSA-44", side.announce_mldsa44),
        *possessed_keys(side),
        *((f"principal {one.name}, X-Wing", one.xwing) for one in side.principals),
    ]
    return {
        "name": side.name,
        "zone": side.zone,
        "language": side.language,
        "keys": [{"what": what, "fingerprint": fingerprint(key), "public": key.hex()} for what, key in keys],
        "principals": [{"name": one.name, "recipient": letters.recipient(one.xwing)} for one in side.principals],
        "posts": [{"name": post.name, "lines": [agreed.lines[n].id for n in post.lines]} for post in side.posts],
        "announcement_verifier_keys": list(notes.statement_verifier_keys(side)),
    }


def _act(kind: int) -> str:
    """The name of an entry kind; its number where this release has none."""
    known = bodies.KINDS.get(kind)
    return f"kind {kind}" if known is None else KIND_WORDS[bodies.kind_name(known)]


def _day(day: int) -> str:
    """A day counted since 1970-01-01, by its date; its number where the calendar ends."""
    try:
        return date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()
    except (ValueError, OverflowError):
        return f"day {day}"


def _line(agreed: Accord, line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "carriers": [agreed.carriers[number].id for number in line.carriers],
        "check_ins": [_check_in(agreed, one) for one in line.check_ins],
        "expires_s": line.expires_s,
        "holidays": len(line.holidays),
        "holiday_dates": [_day(day) for day in line.holidays],
        "pulse_s": line.pulse_s,
    }


def _check_in(agreed: Accord, one: CheckIn) -> str:
    return f"{one.at} {one.zone}, {agreed.sides[one.caller].name} calls, {('working days', 'daily')[one.days]}"


def _lines(facts: dict[str, Any]) -> list[str]:
    first, last = facts["digits"][:35], facts["digits"][36:]
    out = [
        facts["name"],
        "  signed by both sides; every signature holds" if facts["signed"] else "  NOT SIGNED YET",
        f"  id       {facts['id']}",
        f"  digits   {first}",
        f"           {last}",
        f"  founded  {utc(facts['founded_s'])}",
    ]
    for side in facts["sides"]:
        out += ["", f"{side['name']}  ({', '.join(x for x in (side['zone'], side['language']) if x)})"]
        width = max(len(key["what"]) for key in side["keys"])
        out += [f"  {key['what']:<{width}}  {key['fingerprint']}" for key in side["keys"]]
        out += [f"  desk {post['name']}: {', '.join(post['lines']) or 'no line'}" for post in side["posts"]]
    out += ["", f"two officers of a side for: {', '.join(facts['two_person']) or 'nothing; one officer is enough'}"]
    out += [f"witness {one['name']}  {one['key']}" for one in facts["witnesses"]]
    out += ["", "carriers"]
    width = max((len(one["id"]) for one in facts["carriers"]), default=0)
    out += [f"  {one['id']:<{width}}  {one['kind']}, {one['latency_ms']} ms" for one in facts["carriers"]]
    out += ["", "lines"]
    for line in facts["lines"]:
        ends = f", until {utc(line['expires_s'])}" if line["expires_s"] else ""
        out.append(f"  {line['id']}  by {', '.join(line['carriers'])}; a pulse every {line['pulse_s']} s{ends}")
        out += [f"    {check_in}" for check_in in line["check_ins"]]
        if line["holidays"]:
            told = f"no working days: {', '.join(line['holiday_dates'])}"
            out += textwrap.wrap(told, WIDTH, initial_indent="    ", subsequent_indent=" " * 6)
    return out
