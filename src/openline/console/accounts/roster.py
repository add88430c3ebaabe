"""Officers as the console knows them: their passkeys, their roles, and the codes by which they enrol.

Rules of this file:
1. Every change is logged in its own transaction, with who made it; "" is the command line on the machine.
2. A code is kept as its hash, works once, and what has expired is deleted when it is seen to have: a clock that is set
   back revives nothing. Making a new one for an officer ends the one before.
3. As long as one supervisor can sign in, one stays: the last can be neither demoted nor left without a passkey.
4. In the browser nobody changes what they themselves may do; that needs another supervisor, or the command line.
5. In the browser no supervisor alone comes to sit at an officer's name: an officer's passkeys are taken by two of them,
   and a code is made only for whoever has none (ADR 0029). The word of a supervisor who was made or enrolled there
   counts a week later, so that nobody makes themselves the second.
6. Whoever loses a passkey or a role loses every session that was open.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias

from openline.console.accounts import journal
from openline.console.accounts.database import Database
from openline.console.accounts.journal import Journal
from openline.console.acting import Role
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say

DEFAULT_ROLES: Final = (Role.OFFICER, Role.RELEASER)  # who keeps a watch also answers for what leaves it
PASSKEYS_WANTED: Final = 2
PASSKEYS_MAX: Final = 10
LABEL_MAX: Final = 40
CODE_LIFE_S: Final = 3600  # chosen: from the machine room to the officer's desk
RESET_LIFE_S: Final = 3600  # chosen: as long as a code; the other supervisor is on the telephone
WORD_AFTER_S: Final = 7 * 86_400  # chosen: somebody looks at the list of officers, or at the log, in every week
CODE_BYTES: Final = 10  # 80 bits, 16 letters and digits to type
_HANDLE_BYTES: Final = 32
_CODE_PREFIX: Final = b"openline/console-code/1\0"
COMMAND_LINE: Final = ""

Entropy: TypeAlias = Callable[[int], bytes]


class Passkey(NamedTuple):
    """One passkey of an officer. `used_s` None: never yet."""

    id: bytes
    officer: str
    public_key: bytes
    sign_count: int
    label: str
    added_s: int
    used_s: int | None


class Enrolled(NamedTuple):
    """An officer with passkeys, roles, or a code that waits."""

    name: str
    roles: tuple[Role, ...]
    passkeys: tuple[Passkey, ...]
    code_expires_s: int | None


class Roster:
    """Who may sign in, and as what."""

    def __init__(self, database: Database, log: Journal, entropy: Entropy) -> None:
        self._database, self._log, self._entropy = database, log, entropy

    # ---- reading

    def officers(self, now_s: int) -> list[Enrolled]:
        """Everybody the console knows, by name."""
        self._forget_expired(now_s)
        names = self._database.rows(
            "SELECT officer FROM roles UNION SELECT officer FROM passkeys UNION SELECT officer FROM codes ORDER BY 1"
        )
        return [self.officer(name, now_s) for (name,) in names]

    def officer(self, name: str, now_s: int) -> Enrolled:
        """One officer; without anything where the console knows none of that name."""
        code = self._database.row("SELECT expires_s FROM codes WHERE officer = ? AND expires_s > ?", (name, now_s))
        return Enrolled(name, self.roles(name), tuple(self.passkeys(name)), None if code is None else code[0])

    def roles(self, name: str) -> tuple[Role, ...]:
        held = {role for (role,) in self._database.rows("SELECT role FROM roles WHERE officer = ?", (name,))}
        return tuple(role for role in Role if role in held)

    def passkeys(self, name: str) -> list[Passkey]:
        found = self._database.rows(f"{_PASSKEYS} WHERE officer = ? ORDER BY added_s, id", (name,))
        return [Passkey(*row) for row in found]

    def passkey(self, identity: bytes) -> Passkey | None:
        found = self._database.row(f"{_PASSKEYS} WHERE id = ?", (identity,))
        return None if found is None else Passkey(*found)

    def handle(self, name: str) -> bytes:
        """The random name by which authenticators know an officer; it says nothing of the officer."""
        found = self._database.row("SELECT handle FROM officers WHERE name = ?", (name,))
        if found is not None:
            return bytes(found[0])
        handle = self._entropy(_HANDLE_BYTES)
        with self._database.writing():
            self._database.change("INSERT OR IGNORE INTO officers (name, handle) VALUES (?, ?)", (name, handle))
        return self.handle(name)

    # ---- codes

    def make_code(self, name: str, by: str, now_s: int, life_s: int = CODE_LIFE_S) -> str:
        """A new code by which this officer, and nobody else, can add a passkey; the one before is void.

        Raises:
            Refused: the officer made it for themselves in the browser, or it was made there for one who has passkeys.
        """
        _refuse_own(name, by)
        if by and self.passkeys(name):
            raise Refused(
                say("this officer has passkeys, and adds another by one of them"),
                next_step=say("If all are lost, two supervisors take them away first."),
            )
        code = base64.b32encode(self._entropy(CODE_BYTES)).decode()
        with self._database.writing():
            self._database.change("DELETE FROM codes WHERE officer = ?", (name,))
            self._database.change(
                "INSERT INTO codes (hash, officer, made_s, expires_s, by) VALUES (?, ?, ?, ?, ?)",
                (_code_hash(code), name, now_s, now_s + life_s, by),
            )
            self._log.add(journal.CODE_MADE, by, now_s, to=name, expires_s=now_s + life_s)
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

    def whose_code(self, code: str, now_s: int) -> str:
        """The officer whom a code is for; it still works afterwards.

        Raises:
            Refused: it was mistyped, used or replaced, or has expired; which of these is not said.
        """
        self._forget_expired(now_s)
        found = self._database.row("SELECT officer FROM codes WHERE hash = ?", (_code_hash(code),))
        if found is None:
            raise Refused(
                say("this enrolment code does not work: it was mistyped, was used, or has expired"),
                next_step=say("Compare it with what you were given, or have a new one made."),
            )
        return str(found[0])

    def _forget_expired(self, now_s: int) -> None:
        if self._database.row("SELECT 1 FROM codes WHERE expires_s <= ? OR made_s > ?", (now_s, now_s + 60)):
            with self._database.writing():
                self._database.change(
                    "DELETE FROM codes WHERE expires_s <= ? OR made_s > ?", (now_s, now_s + 60)
                )  # made later than now: the clock was set back, and how old it is cannot be known

    # ---- passkeys

    def add_passkey(self, passkey: Passkey, code: str | None) -> None:
        """Keep a new passkey; with `code`, by spending it in the same transaction.

        Raises:
            Refused: the code was spent meanwhile, the passkey is here already, or there are too many.
        """
        name, now_s = passkey.officer, passkey.added_s
        with self._database.writing():
            if code is not None:
                self.whose_code(code, now_s)
                (by,) = self._database.row("SELECT by FROM codes WHERE hash = ?", (_code_hash(code),))
                if by and not self.passkeys(name):
                    self._made_here(name, now_s)
                self._database.change("DELETE FROM codes WHERE hash = ? AND officer = ?", (_code_hash(code), name))
            if self.passkey(passkey.id) is not None:
                raise Refused(say("this passkey is enrolled already"), next_step=say("Use another authenticator."))
            if len(self.passkeys(name)) >= PASSKEYS_MAX:
                raise Refused(say("this officer has as many passkeys as are kept"), next_step=say("Remove one first."))
            self._database.change(
                "INSERT INTO passkeys (id, officer, public_key, sign_count, label, added_s, used_s)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                passkey,
            )
            self._log.add(
                journal.ENROLLED, name, now_s, credential=passkey.id.hex(), public_key=passkey.public_key.hex(),
                label=passkey.label, by="code" if code is not None else "passkey",
            )  # fmt: skip

    def used(self, passkey: Passkey, sign_count: int, now_s: int) -> None:
        """Note that a passkey was used, with the authenticator's count of its uses.

        Raises:
            Refused: it was used at the same time with a count not below this one, or is gone.
        """
        with self._database.writing():
            changed = self._database.change(
                "UPDATE passkeys SET sign_count = ?, used_s = ? WHERE id = ? AND (sign_count < ? OR (sign_count = 0"
                " AND ? = 0))",
                (sign_count, now_s, passkey.id, sign_count, sign_count),
            )
            if not changed:
                raise Refused(
                    say("this passkey was used elsewhere at the same moment"), next_step=say("Try once more.")
                )

    def remove_passkey(self, identity: bytes, by: str, now_s: int) -> None:
        """Take one passkey away; sessions of its officer end.

        Raises:
            Misuse: there is none of that id. Refused: it is the last supervisor's last, or one's own last.
        """
        passkey = self.passkey(identity)
        if passkey is None:
            raise Misuse(say("no such passkey is enrolled"), next_step=say("See which are: openline console officers."))
        if by == passkey.officer and len(self.passkeys(by)) == 1:
            raise Refused(say("this is your only passkey"), next_step=say("Add another one first."))
        with self._supervisor_stays():
            self._database.change("DELETE FROM passkeys WHERE id = ?", (identity,))
            self._end_sessions(passkey.officer)
            self._log.add(journal.REMOVED, by, now_s, of=passkey.officer, credential=identity.hex())

    def reset(self, name: str, by: str, now_s: int) -> int:
        """Take an officer's passkeys, code and sessions away; the roles stay for a new enrolment. How many passkeys.

        Raises:
            Refused: the last supervisor, or oneself in the browser.
        """
        _refuse_own(name, by)
        passkeys = self.passkeys(name)
        with self._supervisor_stays():
            self._database.change("DELETE FROM passkeys WHERE officer = ?", (name,))
            self._database.change("DELETE FROM codes WHERE officer = ?", (name,))
            self._database.change("DELETE FROM resets WHERE officer = ?", (name,))
            self._end_sessions(name)
            gone = [each.id.hex() for each in passkeys]
            self._log.add(journal.REMOVED, by, now_s, of=name, credentials=gone)
        return len(passkeys)

    def ask_reset(self, name: str, by: str, now_s: int) -> bool:
        """A supervisor asks that an officer's passkeys be taken, or seconds another who did; whether they were taken.

        Raises:
            Refused: as `reset`, or the word of this supervisor does not count yet.
        """
        _refuse_own(name, by)
        if now_s < self.word_counts_s(by):
            raise Refused(
                say(
                    "you were made a supervisor, or enrolled, in a browser less than a week ago; your word on another's"
                    " passkeys counts after that"
                ),
                next_step=say("Ask another supervisor, or do it on the machine: openline console revoke."),
            )
        first = self.reset_asked(name, now_s)
        if first is not None and first != by:
            self.reset(name, by, now_s)
            return True
        with self._database.writing():
            self._database.change("DELETE FROM resets WHERE officer = ?", (name,))
            self._database.change(
                "INSERT INTO resets (officer, by, asked_s, expires_s) VALUES (?, ?, ?, ?)",
                (name, by, now_s, now_s + RESET_LIFE_S),
            )
            self._log.add(journal.RESET_ASKED, by, now_s, of=name, expires_s=now_s + RESET_LIFE_S)
        return False

    def reset_asked(self, name: str, now_s: int) -> str | None:
        """Which supervisor's word on taking an officer's passkeys waits for another's; none's who is one no more, and
        none's that is past, or later than now by a clock that was set back."""
        found = self._database.row(
            "SELECT by FROM resets JOIN roles ON roles.officer = resets.by AND role = 'supervisor'"
            " WHERE resets.officer = ? AND expires_s > ? AND asked_s <= ?",
            (name, now_s, now_s + 60),
        )
        return None if found is None else str(found[0])

    def word_counts_s(self, name: str) -> int:
        """From when a supervisor's word on another's passkeys counts; 0 for one made and enrolled on the machine."""
        found = self._database.row("SELECT made_s FROM made_here WHERE officer = ?", (name,))
        return 0 if found is None else int(found[0]) + WORD_AFTER_S

    def _made_here(self, name: str, now_s: int) -> None:
        """In the browser this officer got a first passkey, or was made a supervisor."""
        self._database.change(
            "INSERT INTO made_here (officer, made_s) VALUES (?, ?)"
            " ON CONFLICT (officer) DO UPDATE SET made_s = max(made_s, excluded.made_s)",
            (name, now_s),
        )

    # ---- roles

    def set_roles(self, name: str, roles: Collection[str], by: str, now_s: int) -> None:
        """Give an officer exactly these roles; open sessions end where one was taken away.

        Raises:
            Misuse: a role that is none. Refused: the last supervisor, or oneself in the browser.
        """
        strange = set(roles) - set(Role)
        if strange:
            raise Misuse(
                say("no role is named {role}", role=min(strange)),
                next_step=say("There is: {names}.", names=", ".join(Role)),
            )
        _refuse_own(name, by)
        before = self.roles(name)
        now = tuple(role for role in Role if role in roles)
        if not by and Role.SUPERVISOR in now:
            with self._database.writing():
                self._database.change("DELETE FROM made_here WHERE officer = ?", (name,))
        if now == before:
            return
        with self._supervisor_stays():
            if by and Role.SUPERVISOR in set(now) - set(before):
                self._made_here(name, now_s)
            self._database.change("DELETE FROM roles WHERE officer = ?", (name,))
            for role in now:
                self._database.change("INSERT INTO roles (officer, role) VALUES (?, ?)", (name, role))
            if set(before) - set(now):
                self._end_sessions(name)
            self._log.add(journal.ROLES, by, now_s, of=name, before=before, now=now)

    def supervisors(self) -> int:
        """How many supervisors can sign in."""
        (count,) = self._database.row(
            "SELECT count(DISTINCT officer) FROM roles JOIN passkeys USING (officer) WHERE role = 'supervisor'"
        )
        return int(count)

    @contextmanager
    def _supervisor_stays(self) -> Iterator[None]:
        """A transaction that is undone if it leaves the side without the supervisor it had (rule 3)."""
        with self._database.writing():
            before = self.supervisors()
            yield
            if before and not self.supervisors():
                raise Refused(
                    say("this is the last supervisor who can sign in"),
                    next_step=say("Enrol another supervisor first: openline console enrol --role supervisor."),
                )

    def _end_sessions(self, name: str) -> None:
        self._database.change("DELETE FROM sessions WHERE officer = ?", (name,))
        self._database.change("DELETE FROM resting WHERE officer = ?", (name,))


_PASSKEYS: Final = "SELECT id, officer, public_key, sign_count, label, added_s, used_s FROM passkeys"


def _refuse_own(name: str, by: str) -> None:
    if by and by == name:
        raise Refused(
            say("nobody changes what they themselves may do"),
            next_step=say("Have another supervisor do it, or do it on the machine: openline console."),
        )


def _code_hash(code: str) -> bytes:
    """A code as typed: case and separators are no part of it, nor what is easily mistaken for a letter of it."""
    bare = "".join(code.upper().split()).replace("-", "").translate({ord("0"): "O", ord("1"): "I", ord("8"): "B"})
    return hashlib.sha256(_CODE_PREFIX + bare.encode()).digest()
