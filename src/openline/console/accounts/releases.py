"""A release in the browser: the officer's own signature, and a passkey's assertion of the same digest.

The officer's page signs the message of spec 3.6 with the officer's Ed25519 key, and has the passkey assert its SHA-256.
The console makes that message again from the draft as the station has it now, and holds the assertion to it. The
signature it hands on unread: the station verifies it, as it does the command line's.

Rules of this file:
1. The digest an assertion is held to is made here from what the station says, never taken from the browser.
2. An assertion is in the log before its approval leaves, and what the station said of that after it. The log is what
   shows, inside the station, that the person was there; nothing of it enters the record (ADR 0023).
3. A ticket that was made for this session, draft and digest is spent by each try, so a request that is sent again, from
   wherever, finds it spent; a digest the station has taken is never asserted again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec

from openline.console.accounts import journal
from openline.console.accounts.challenges import Challenges
from openline.console.accounts.journal import Journal
from openline.console.accounts.passkeys import Now, Passkeys
from openline.console.accounts.roster import Passkey
from openline.console.acting import Role
from openline.station.api import types as t
from openline.station.api.types_agreed import Agreed
from openline.wire import cbor
from openline.wire.errors import Malformed, Misuse, OurFault, Refused
from openline.wire.said import Said, say, told_again

_PREFIX: Final = b"openline/officer/1\0"
_FIVE: Final = b"\x85"
RECEIPT: Final = 7  # the kind of an acknowledgement (spec 3.4)


class Signer(NamedTuple):
    """An officer as the accord has them. `key`: their public key, in hex."""

    accord_id: bytes
    side: int
    number: int
    name: str
    key: str


class Asked(NamedTuple):
    """One draft that an officer's page is about to sign, and everything that page must know."""

    signer: Signer
    draft: t.Drafted
    counter: int
    digest: bytes


def signer(agreed: Agreed, officer: str) -> Signer:
    """An officer of our side.

    Raises:
        Misuse: the accord names no such officer.
    """
    for number, each in enumerate(agreed.sides[agreed.us].officers):
        if each.name == officer:
            return Signer(bytes.fromhex(agreed.id), agreed.us, number, officer, each.key)
    raise Misuse(
        say("the accord names no officer {officer} of our side", officer=officer),
        next_step=say("Ask a supervisor who you are here."),
    )


def message(who: Signer, body: bytes, counter: int) -> bytes:
    """What an officer signs to approve an act (spec 3.6). `body`: the CBOR of [kind, body], as a draft gives it.

    Raises:
        OurFault: the station gave something else.
    """
    _kind(body)
    around = (_FIVE + cbor.encode(who.side), body[1:], cbor.encode(who.number), cbor.encode(counter))
    return _PREFIX + who.accord_id + b"".join(around)


def ask(who: Signer, draft: t.Drafted, roles: Collection[Role]) -> Asked:
    """What an officer is asked to sign.

    Raises:
        Refused: the draft waits for nobody, or not for this officer's role.
    """
    body = bytes.fromhex(draft.body)
    if not draft.needed:
        why = told_again(draft.warnings[0], next(iter(draft.warnings_said), None))  # the rule that refuses it
        raise Refused(
            say("this draft cannot be released any more: {why}", why=why),
            next_step=say("Drop it, draft it again."),
        )
    if Role.RELEASER not in roles and not (Role.OFFICER in roles and _kind(body) == RECEIPT):
        raise Refused(
            say("releasing needs the role releaser"), next_step=say("Have a releaser do it, or ask a supervisor.")
        )
    counter = draft.counters.get(who.name, 0)
    if counter < 1:
        raise OurFault(say("the station gave no counter for {name}; nothing was signed", name=who.name))
    return Asked(who, draft, counter, hashlib.sha256(message(who, body, counter)).digest())


class Releases:
    """Judges what an officer's page sends, and keeps the log of it."""

    def __init__(self, log: Journal, passkeys: Passkeys, challenges: Challenges) -> None:
        self._log, self._passkeys, self._challenges = log, passkeys, challenges

    def options(self, asked: Asked, binding: str, now: Now) -> tuple[str, str]:
        """What the browser's passkey is asked, and the ticket for one try."""
        ticket = self._challenges.make(binding, _words(asked), now.elapsed_ms)
        return self._passkeys.request_over(asked.digest, asked.signer.name), ticket.hex()

    def accept(self, asked: Asked, answer: str, ticket: str, signature: str, binding: str, now: Now) -> t.Approve:
        """The approval to hand to the station, once the passkey's assertion holds and is in the log.

        Raises:
            Refused: it does not hold, was used before, or is for another draft than the station has now.
            StorageFault: it could not be logged, so nothing leaves.
        """
        once = _hex(ticket)
        self._challenges.check(once, binding, _words(asked), now.elapsed_ms)
        self._challenges.spend(once, now.elapsed_ms)
        if self._log.has(journal.APPROVED, asked.digest):
            raise Refused(say("you have released exactly this already"), next_step=say("Look at the record."))
        passkey = self._passkeys.check_over(answer, asked.digest, asked.signer.name, now)
        self._log_row(journal.ASSERTED, asked, now, passkey, assertion=answer, signature=signature)
        return t.Approve(officer=asked.signer.name, counter=asked.counter, signature=_hex(signature).hex())

    def taken(self, asked: Asked, drafted: t.Drafted, now: Now) -> None:
        """Log that the station took the approval, and where it stands if it is recorded."""
        entry = None if drafted.entry is None else drafted.entry.id
        self._log_row(journal.APPROVED, asked, now, entry=entry)

    def not_taken(self, asked: Asked, why: str, now: Now) -> None:
        """Log that the station did not take it, or that nobody knows whether it did."""
        self._log_row(journal.NOT_APPROVED, asked, now, why=why, why_said=_plain(why))

    def _log_row(self, kind: str, asked: Asked, now: Now, passkey: Passkey | None = None, **facts: Any) -> None:
        credential = {} if passkey is None else {"credential": passkey.id.hex(), "label": passkey.label}
        self._log.add(
            kind, asked.signer.name, now.clock_s, asked.digest,
            draft=asked.draft.id, counter=asked.counter, what=asked.draft.what, act=asked.draft.kind,
            said=msgspec.to_builtins([] if asked.draft.said is None else [asked.draft.said]), **credential, **facts,
        )  # fmt: skip


def _plain(text: str) -> Any:
    """What a text was made of, as the log keeps it; null where it stands for itself."""
    return msgspec.to_builtins(text.sentences) if isinstance(text, Said) else None


def _words(asked: Asked) -> str:
    return f"release {asked.draft.id} {asked.digest.hex()}"


def _kind(body: bytes) -> int:
    try:
        match cbor.decode(body):
            case [int(kind), dict() | None]:
                return kind
            case _:
                raise Malformed(say("not a kind and a body"))
    except Malformed as error:
        raise OurFault(
            say("the station gave a draft that is none, and nothing was signed: {why}", why=error.what)
        ) from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Misuse(say("this is not what the page sends"), next_step=say("Load the page again.")) from None
