"""Sessions: who sits at a browser, since when, at which post.

Rules of this file:
1. The token is 32 random bytes made here at every sign-in, never taken from a browser; the file holds its hash alone.
2. A session with a post is bound to that watch: when the watch is another's, or nobody's, the session is over. A
   station that does not answer ends nobody's session, and lets nobody do anything either.
3. It is over too when nothing was done in it for the configured time, and a day after it began, whatever was done.
4. One that was idle too long *rests*: it gives no access and is among no sessions, but until its day or its watch is
   over the file holds that it was here, so that its page may be told that something rings, also by a console that was
   started anew (ADR 0026).
5. What has run out is deleted when it is seen to have, and so is what lies in the future: after a clock was set back,
   how old a session is cannot be known.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from openline.console.accounts import journal
from openline.console.accounts.database import Database
from openline.console.accounts.journal import Journal
from openline.console.accounts.roster import Entropy

TOKEN_BYTES: Final = 32
LIFE_S: Final = 86_400
SEEN_EACH_S: Final = 60  # how often a session's last use is written down
RESTING_MAX: Final = 256  # chosen: far more browsers than a side has officers; the oldest is forgotten
AHEAD_S: Final = 300  # chosen: further than a clock that is kept is ever put right
_PREFIX: Final = b"openline/console-session/1\0"


class Held(NamedTuple):
    """Who holds a post, and since when."""

    post: str
    officer: str
    from_s: int


class Session(NamedTuple):
    """One sign-in. `post` None: without a watch; "" is the one post of a side whose accord names none."""

    hash: bytes
    officer: str
    since_s: int
    seen_s: int
    expires_s: int
    post: str | None
    watch_from_s: int | None

    @property
    def binding(self) -> str:
        """What ties a challenge to this session."""
        return self.hash.hex()


class Sessions:
    """The sessions that are open. `idle_s`: after how long without a request one is over."""

    def __init__(self, database: Database, log: Journal, entropy: Entropy, idle_s: int) -> None:
        self._database, self._log, self._entropy, self.idle_s = database, log, entropy, idle_s

    def begin(self, officer: str, now_s: int, credential: bytes, *, instead_of: str | None = None) -> str:
        """A new session's token. `instead_of`: the token the browser had; that session ends."""
        token = base64.urlsafe_b64encode(self._entropy(TOKEN_BYTES)).decode().rstrip("=")
        with self._database.writing():
            if instead_of:
                self._database.change("DELETE FROM sessions WHERE hash = ?", (token_hash(instead_of),))
                self._database.change("DELETE FROM resting WHERE hash = ?", (token_hash(instead_of),))
            self._database.change(
                "INSERT INTO sessions (hash, officer, since_s, seen_s, expires_s) VALUES (?, ?, ?, ?, ?)",
                (token_hash(token), officer, now_s, now_s, now_s + LIFE_S),
            )
            self._log.add(journal.SIGNED_IN, officer, now_s, credential=credential.hex())
        return token

    def find(self, token: str | None, now_s: int, *, used: bool = True) -> Session | None:
        """The session of a token, or None; `used`: a person did something in it, which puts off its end.

        Raises:
            StorageFault: the file failed.
        """
        if not token:
            return None
        found = self._database.row(f"{_SESSIONS} WHERE hash = ?", (token_hash(token),))
        if found is None:
            return None
        session = Session(*found)
        if self._is_over(session, now_s):
            with self._database.writing():
                self.end(session, now_s, "it ran out")
                if session.seen_s <= now_s + AHEAD_S and now_s < session.expires_s:
                    self._rest(session, now_s)
            return None
        if used and now_s - session.seen_s >= SEEN_EACH_S:
            with self._database.writing():
                self._database.change("UPDATE sessions SET seen_s = ? WHERE hash = ?", (now_s, session.hash))
        return session

    def resting(self, token: str | None, now_s: int) -> Session | None:
        """The session of a token that was idle too long, as long as its day lasts."""
        if not token:
            return None
        found = self._database.row(f"{_RESTING} WHERE hash = ?", (token_hash(token),))
        session = None if found is None else Session(*found)
        if session is not None and not session.since_s - AHEAD_S <= now_s < session.expires_s:
            self.forget(session)
            return None
        return session

    def _rest(self, session: Session, now_s: int) -> None:
        self._database.change("INSERT INTO resting VALUES (?, ?, ?, ?, ?, ?, ?)", session)
        self._database.change("DELETE FROM resting WHERE expires_s <= ? OR since_s > ?", (now_s, now_s + AHEAD_S))
        self._database.change(
            "DELETE FROM resting WHERE hash NOT IN (SELECT hash FROM resting ORDER BY seen_s DESC LIMIT ?)",
            (RESTING_MAX,),
        )

    def forget(self, session: Session) -> None:
        """A session that rested is over for good: its watch is, or its officer may do nothing here any more."""
        with self._database.writing():
            self._database.change("DELETE FROM resting WHERE hash = ?", (session.hash,))

    def of(self, officer: str, now_s: int) -> list[Session]:
        """An officer's open sessions, oldest first."""
        found = [Session(*row) for row in self._database.rows(f"{_SESSIONS} WHERE officer = ? ORDER BY 3", (officer,))]
        return [each for each in found if not self._is_over(each, now_s)]

    def take_post(self, session: Session, watch: Held) -> None:
        """Bind a session to the watch that its officer has come on."""
        with self._database.writing():
            self._database.change(
                "UPDATE sessions SET post = ?, watch_from_s = ? WHERE hash = ?",
                (watch.post, watch.from_s, session.hash),
            )

    def end_relieved(self, watches: Sequence[Held], now_s: int) -> int:
        """End every session whose watch is over by what the station says now; how many."""
        lasting = set(watches)
        bound = [Session(*row) for row in self._database.rows(f"{_SESSIONS} WHERE post IS NOT NULL")]
        over = [x for x in bound if Held(x.post or "", x.officer, x.watch_from_s or 0) not in lasting]
        for session in over:
            self.end(session, now_s, "the watch is over")
        return len(over)

    def end(self, session: Session, now_s: int, why: str) -> None:
        """End a session, and say why in the log."""
        with self._database.writing():
            if self._database.change("DELETE FROM sessions WHERE hash = ?", (session.hash,)):
                self._log.add(journal.SIGNED_OUT, session.officer, now_s, why=why)

    def _is_over(self, session: Session, now_s: int) -> bool:
        idle = now_s - session.seen_s >= self.idle_s
        return idle or now_s >= session.expires_s or session.seen_s > now_s + AHEAD_S


_SESSIONS: Final = "SELECT hash, officer, since_s, seen_s, expires_s, post, watch_from_s FROM sessions"
_RESTING: Final = "SELECT hash, officer, since_s, seen_s, expires_s, post, watch_from_s FROM resting"


def token_hash(token: str) -> bytes:
    """What is kept of a token. A token of a wrong form has a hash that no session has."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    return hashlib.sha256(_PREFIX + raw).digest()
