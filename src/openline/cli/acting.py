"""From an officer's words to the record: draft at the running station, sign with officers' keys, say what came of it.

Rules of this file:
1. An officer signs what this program decoded itself from the bytes the station gave, shown before it is signed; a
   draft of another kind than was asked for is never signed.
2. Keys are opened before anything is drafted: a wrong file leaves nothing behind.
3. Without keys the draft waits at the station, and its name and next step are printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from openline.audit.describe import Describer
from openline.cli.agreeing import agrees
from openline.cli.asking import Asking, asking, show_json
from openline.cli.files import FILE, checked_accord, for_terminal, passphrase_option, read_file
from openline.cli.keys import open_keys
from openline.keys.public import officer_message
from openline.keys.secret import AnnounceKeys, OfficerKey
from openline.station.api import types as t
from openline.station.api.answers import part
from openline.wire import bodies, cbor
from openline.wire.accord import Side, SignedAccord
from openline.wire.bodies import Body
from openline.wire.entry import Entry
from openline.wire.errors import Malformed, Misuse, OpenlineError, OurFault

Verb = TypeVar("Verb", bound=Callable[..., Any])


def officer_options(verb: Verb) -> Verb:
    """`--key` and `--passphrase-file`: whoever approves at this console."""
    key = click.option(
        "--key", "keys", type=FILE, multiple=True, metavar="FILE",
        help="Approve with this officer's key file; again for a second officer. Without it the draft waits.",
    )  # fmt: skip
    return key(passphrase_option(verb))


class Ground(NamedTuple):
    """The running station that is asked, and the accord as this program checked it itself."""

    asking: Asking
    signed: SignedAccord
    us: int

    @property
    def side(self) -> Side:
        return self.signed.accord.sides[self.us]

    @property
    def zone(self) -> str:
        """Our side's zone, in which officers write times."""
        return self.side.zone


def ground(station: Path) -> Ground:
    """The station that a configuration is of, and its accord, every signature checked.

    Raises:
        Misuse: no such file, or another side's. PeerFault: a signature does not hold.
    """
    ask = asking(station)
    where = ask.config.station
    signed = checked_accord(read_file(where.accord), where.accord)
    names = [side.name for side in signed.accord.sides]
    if where.side not in names:
        raise Misuse(f"{where.accord}: the accord has no side named {where.side}")
    return Ground(ask, signed, names.index(where.side))


def officer_key(file: Path, passphrase_file: Path | None, at: Ground) -> tuple[int, OfficerKey]:
    """An officer of our side, by number, with the key in a file.

    Raises:
        Misuse: no officer's key file, or not of an officer whom the accord names.
    """
    kind, keys = open_keys(file, passphrase_file)
    if not isinstance(keys, OfficerKey):
        raise Misuse(
            f"{file} holds a key of kind {kind}; acts are approved with an officer's",
            next_step="Give an officer's key file.",
        )
    for number, officer in enumerate(at.side.officers):
        if (officer.name, officer.key) == (keys.name, keys.public):
            return number, keys
    raise Misuse(
        f"{file}: the accord names no officer {keys.name} of {at.side.name} with this key",
        next_step=f"Officers of {at.side.name}: {', '.join(officer.name for officer in at.side.officers)}.",
    )


def announce_keys(file: Path, passphrase_file: Path | None, at: Ground) -> AnnounceKeys:
    """Our side's announcement keys.

    Raises:
        Misuse: another file, or another side's keys.
    """
    kind, keys = open_keys(file, passphrase_file)
    if not isinstance(keys, AnnounceKeys):
        raise Misuse(f"{file} holds a key of kind {kind}; announcements are signed with announce keys")
    if (keys.ed25519.public, keys.mldsa44.public) != (at.side.announce_ed25519, at.side.announce_mldsa44):
        raise Misuse(f"{file}: not the announcement keys that the accord names for {at.side.name}")
    return keys


def enact(
    at: Ground, command: t.Command, keys: Sequence[Path] = (), passphrase_file: Path | None = None
) -> t.Drafted:
    """Draft a command and approve it with these officers' keys.

    Raises:
        Misuse, Refused: as the station said; where nobody had approved the draft, it is taken back.
    """
    return enact_with(at, command, [officer_key(file, passphrase_file, at) for file in keys])


def enact_with(at: Ground, command: t.Command, officers: Sequence[tuple[int, OfficerKey]]) -> t.Drafted:
    """As `enact`, with keys that are open already."""
    drafted: t.Drafted = at.asking.post("/v1/drafts", command, t.Drafted)
    warn(drafted)
    if drafted.entry is not None or not officers:
        return drafted
    with _taken_back(at, drafted.id):
        drafted = approve(at, drafted, *officers[0], command)
    for number, key in officers[1:]:
        if drafted.entry is None:
            drafted = approve(at, drafted, number, key, command)
    return drafted


@contextmanager
def _taken_back(at: Ground, draft: str) -> Iterator[None]:
    """Nobody approved the draft that this program made: it is not left behind."""
    try:
        yield
    except OpenlineError:
        with suppress(OpenlineError):  # what went wrong first is what is told
            at.asking.delete(f"/v1/drafts/{part(draft)}")
        raise


def body_of(drafted: t.Drafted) -> Body:
    """What a draft would record, decoded here.

    Raises:
        OurFault: the station gave bytes that are no body.
    """
    try:
        match cbor.decode(bytes.fromhex(drafted.body)):
            case [int(kind), plain]:
                body = bodies.from_plain(kind, plain)
            case _:
                raise Malformed("not a kind and a body")
    except (Malformed, ValueError) as error:
        raise OurFault(f"the station gave a draft that is none: {error}") from None
    if getattr(body, "approvals", ()):
        raise OurFault("the station gave a draft that is approved already; it is not signed")
    return body


def told(at: Ground, body: Body) -> str:
    """A draft's body in one line, as its entry will be told."""
    entry = Entry(at.us, 0, 0, b"", None, int(time.time()), body, b"", b"")
    row = Describer(at.signed.accord).row(entry)
    about = " ".join((*row.lines, row.lane)) if row.lane else ", ".join(row.lines)
    return for_terminal("  ".join(x for x in (row.kind, row.ref or about, row.what) if x))


def approve(at: Ground, drafted: t.Drafted, number: int, key: OfficerKey, asked: t.Command | None) -> t.Drafted:
    """Sign a draft and hand the approval in. `asked`: what it was drafted from; None where it was shown and agreed to.

    Raises:
        OurFault: the station drafted something else than was asked for; nothing was signed.
        Refused: the station did not take the approval.
    """
    body = body_of(drafted)
    if asked is not None:
        if not agrees(at.signed.accord, at.us, asked, body):
            raise OurFault(
                f"the station drafted something else than was asked for, and it was not signed: {told(at, body)}",
                next_step="Somebody may have changed the station: look at it before anything is signed.",
            )
        click.echo(f"{key.name} signs: {told(at, body)}", err=True)
    counter = drafted.counters.get(key.name, 0)
    if counter < 1:
        raise OurFault(f"the station gave no counter for {key.name}; nothing was signed")
    signature = key.sign(officer_message(at.signed.id, at.us, body, number, counter))
    approval = t.Approve(officer=key.name, counter=counter, signature=signature.hex())
    answer: t.Drafted = at.asking.post(f"/v1/drafts/{part(drafted.id)}/approvals", approval, t.Drafted)
    return answer


def warn(drafted: t.Drafted) -> None:
    for warning in drafted.warnings:
        click.echo(for_terminal(f"warning: {warning}"), err=True)


def say(drafted: t.Drafted, *, as_json: bool) -> None:
    """What came of it: where it stands in the record, or for whom it waits."""
    if as_json:
        show_json(drafted)
    elif drafted.entry is not None:
        by = f", approved by {' and '.join(drafted.approved_by)}" if drafted.approved_by else ""
        click.echo(for_terminal(f"recorded as {drafted.entry.ref}{by}"))
    else:
        lacking = drafted.needed - len(drafted.approved_by)
        by = f" (approved by {', '.join(drafted.approved_by)})" if drafted.approved_by else ""
        officers = "officer" if lacking == 1 else "officers"
        click.echo(for_terminal(f"draft {drafted.id} waits for {lacking} {officers}{by}: nothing is recorded yet"))
        click.echo(f"next: openline release approve {drafted.id} --key FILE")


def filled(kind: type[Any], values: dict[str, Any]) -> Any:
    """A command from the options that were given.

    Raises:
        Misuse: a value that its type does not take.
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise Misuse(f"this is no {kind.__name__.lower()}: {error}") from None
