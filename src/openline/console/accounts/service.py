"""All of the accounts in one: the file, and what is done with it; made once when the console starts.

Rules of this file: it decides nothing; the two clocks and the dice come from outside, so that tests hold them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openline.console.accounts.attempts import Attempts
from openline.console.accounts.challenges import Challenges
from openline.console.accounts.database import Database, open_database
from openline.console.accounts.journal import Journal
from openline.console.accounts.passkeys import Now, Passkeys
from openline.console.accounts.releases import Releases
from openline.console.accounts.roster import Entropy, Roster
from openline.console.accounts.sessions import Sessions


@dataclass(frozen=True)
class Accounts:
    """What the console knows of people."""

    database: Database
    log: Journal
    roster: Roster
    sessions: Sessions
    passkeys: Passkeys
    releases: Releases
    attempts: Attempts
    now: Callable[[], Now]
    entropy: Entropy

    def close(self) -> None:
        self.database.close()


def system_now() -> Now:
    """The machine's clock, and time that only passes."""
    return Now(int(time.time()), time.monotonic_ns() // 1_000_000)


def open_accounts(
    path: Path, origin: str, name: str, idle_s: int,
    *, now: Callable[[], Now] = system_now, entropy: Entropy = secrets.token_bytes,
) -> Accounts:  # fmt: skip
    """Open the console's file. `origin`: where browsers reach it; `name`: what authenticators call it.

    Raises:
        StorageFault: as `open_database`.
    """
    database = open_database(path)
    log = Journal(database)
    roster = Roster(database, log, entropy)
    challenges = Challenges(entropy)
    passkeys = Passkeys(roster, log, challenges, origin, name)
    sessions = Sessions(database, log, entropy, idle_s)
    releases = Releases(log, passkeys, challenges)
    return Accounts(database, log, roster, sessions, passkeys, releases, Attempts(), now, entropy)
