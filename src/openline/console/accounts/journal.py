"""The console's log: sign-ins, enrolments, changes of roles, and every release with its passkey's assertion.

A row's hash is SHA-256("openline/console-log/1\\0" ‖ hash of the row before ‖ the row as JSON); before the first row it
is 32 zeros. The last row's number and hash stand beside the log too.

Rules of this file:
1. A row is written in the transaction of what it tells, so that neither is there without the other.
2. A row that was changed, taken out or put in breaks the chain; rows cut off at the end no longer meet what stands
   beside the log. Whoever can rewrite the whole file can rewrite both: an auditor who noted the head sees that too.
3. What a row tells is this side's own affair: it never leaves the station (ADR 0023).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from openline.console.accounts.database import Database, open_database
from openline.wire.said import say

_PREFIX: Final = b"openline/console-log/1\0"
_START: Final = bytes(32)

# The kinds of rows, which are sentences for people too.
SIGNED_IN: Final = "signed in"
SIGNED_OUT: Final = "signed out"
REFUSED: Final = "refused"
CODE_MADE: Final = "code made"
ENROLLED: Final = "enrolled"
REMOVED: Final = "passkey removed"
RESET_ASKED: Final = "reset asked"
ROLES: Final = "roles set"
ASSERTED: Final = "release asserted"
APPROVED: Final = "release approved"
NOT_APPROVED: Final = "release not approved"
KINDS: Final = (
    SIGNED_IN, SIGNED_OUT, REFUSED, CODE_MADE, ENROLLED, REMOVED, RESET_ASKED, ROLES, ASSERTED, APPROVED, NOT_APPROVED,
)  # fmt: skip


class Row(NamedTuple):
    """One row. `officer`: who acted, or "" for the machine's command line; `digest`: what was released, or empty."""

    number: int
    at_s: int
    kind: str
    officer: str
    facts: dict[str, Any]
    digest: bytes
    hash: bytes


class Verdict(NamedTuple):
    """What a check of the whole log found. `wrong` is "" where it holds; `head` is the last row's hash."""

    rows: int
    head: bytes
    wrong: str


class Journal:
    """The log in an open file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, officer: str, at_s: int, digest: bytes = b"", **facts: Any) -> bytes:
        """Add a row, in a transaction of its own or in the one that is open; its hash.

        Raises:
            StorageFault: nothing was written.
        """
        told = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        with self._database.writing():
            last, before = self._head()
            number = last + 1
            made = _hash(before, number, at_s, kind, officer, told, digest)
            self._database.change(
                "INSERT INTO log (number, at_s, kind, officer, facts, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, at_s, kind, officer, told, digest, made),
            )
            self._database.change(
                "INSERT INTO log_head (one, number, hash) VALUES (1, ?, ?)"
                " ON CONFLICT (one) DO UPDATE SET number = excluded.number, hash = excluded.hash",
                (number, made),
            )
        return made

    def has(self, kind: str, digest: bytes) -> bool:
        """Whether a row of that kind tells of that digest."""
        return self._database.row("SELECT 1 FROM log WHERE digest = ? AND kind = ?", (digest, kind)) is not None

    def holds(self, head: str) -> bool:
        """Whether a row has that hash, in hex: a head that was noted before is one as long as nothing was rewritten."""
        found = self._database.row("SELECT 1 FROM log WHERE lower(hex(hash)) = ?", (head.strip().lower(),))
        return found is not None

    def last(self, count: int, before: int | None = None) -> list[Row]:
        """The last rows, newest first; those before a number, where one is given."""
        found = self._database.rows(
            f"{_ROWS} WHERE number < ? ORDER BY number DESC LIMIT ?", (2**62 if before is None else before, count)
        )
        return [Row(n, at_s, kind, who, _facts(told), digest, made) for n, at_s, kind, who, told, digest, made in found]

    def check(self) -> Verdict:
        """Whether every row is as it was written, and none is missing; as long as the log is long (`check_apart`)."""
        hash_, number = _START, 0
        with self._database.reading():
            (rows,) = self._database.row("SELECT count(*) FROM log")
            for row in self._database.each(f"{_ROWS} ORDER BY number"):
                if row[0] != number + 1:
                    return Verdict(rows, hash_, say("row {number} is missing", number=str(number + 1)))
                number = row[0]
                if _hash(hash_, *row[:6]) != row[6]:
                    return Verdict(rows, hash_, say("row {number} is not as it was written", number=str(number)))
                hash_ = row[6]
            if self._head() != (number, hash_):
                return Verdict(rows, hash_, say("the log was cut after row {number}", number=str(number)))
        return Verdict(rows, hash_, "")

    def _head(self) -> tuple[int, bytes]:
        found = self._database.row("SELECT number, hash FROM log_head")
        return (0, _START) if found is None else (found[0], found[1])


def check_apart(path: Path) -> Verdict:
    """Check the log of a file beside whoever writes it, for a thread of its own: a long one takes seconds.

    Raises:
        StorageFault: the file cannot be read.
    """
    database = open_database(path)
    try:
        return Journal(database).check()
    finally:
        database.close()


_ROWS: Final = "SELECT number, at_s, kind, officer, facts, digest, hash FROM log"


def _hash(before: bytes, number: int, at_s: int, kind: str, officer: str, facts: str, digest: bytes) -> bytes:
    row = json.dumps([number, at_s, kind, officer, facts, digest.hex()], separators=(",", ":")).encode()
    return hashlib.sha256(_PREFIX + before + row).digest()


def _facts(told: str) -> dict[str, Any]:
    """The facts of a row; of one that somebody broke, its text."""
    try:
        found = json.loads(told)
    except ValueError:
        return {"damaged": told}
    return found if isinstance(found, dict) else {"damaged": told}
