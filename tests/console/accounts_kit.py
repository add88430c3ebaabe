"""The console's accounts with clocks and dice that a test holds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from openline.console.accounts.passkeys import Now
from openline.console.accounts.roster import DEFAULT_ROLES
from openline.console.accounts.service import Accounts, open_accounts
from tests.console.authenticator import Authenticator

ORIGIN = "http://south.localhost:7101"
START_S = 1_800_000_000
IDLE_S = 3600


@dataclass
class Clock:
    """The clock and what has elapsed; `step` moves the one, `pass_s` both."""

    clock_s: int = START_S
    elapsed_ms: int = 5_000

    def __call__(self) -> Now:
        return Now(self.clock_s, self.elapsed_ms)

    def pass_s(self, seconds: int) -> None:
        self.clock_s += seconds
        self.elapsed_ms += seconds * 1000

    def step(self, seconds: int) -> None:
        self.clock_s += seconds


class Dice:
    """Bytes that are the same in every run."""

    def __init__(self) -> None:
        self.thrown = 0

    def __call__(self, count: int) -> bytes:
        self.thrown += 1
        return hashlib.shake_256(b"dice%d" % self.thrown).digest(count)


def opened(folder: Path, clock: Clock, dice: Dice | None = None) -> Accounts:
    return open_accounts(folder / "console.db", ORIGIN, "Openline", IDLE_S, now=clock, entropy=dice or Dice())


def enrol(
    accounts: Accounts, officer: str, roles: Collection[str] = DEFAULT_ROLES, *, name: str = "", eddsa: bool = False
) -> Authenticator:
    """An officer with roles and a passkey, enrolled by a code as from the command line."""
    now = accounts.now()
    accounts.roster.set_roles(officer, roles, "", now.clock_s)
    return add(accounts, officer, accounts.roster.make_code(officer, "", now.clock_s), name=name, eddsa=eddsa)


def add(accounts: Accounts, officer: str, code: str, *, name: str = "", eddsa: bool = False) -> Authenticator:
    """A passkey of an officer, by a code."""
    now = accounts.now()
    made = Authenticator(ORIGIN, name or f"{officer}'s key", eddsa)
    answer = made.create(accounts.passkeys.creation_options(officer, "browser", now))
    accounts.passkeys.enrol(officer, made.name, answer, "browser", now, code)
    return made


def sign_in(accounts: Accounts, passkey: Authenticator, binding: str = "browser") -> str:
    """A session's token, by a passkey."""
    now = accounts.now()
    answer = passkey.get(accounts.passkeys.request_options(binding, "sign in", now))
    found = accounts.passkeys.check(answer, binding, "sign in", now)
    return accounts.sessions.begin(found.officer, now.clock_s, found.id)
