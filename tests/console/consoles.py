"""A console with accounts over a station that runs, and browsers at it, each with its cookies and passkeys.

Rules of this file: what a browser's page does by script is done here by hand, from what the console answers; the clock
is the test's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from openline.console.accounts.gate import AccountsGate
from openline.console.accounts.roster import DEFAULT_ROLES
from openline.console.accounts.service import Accounts
from openline.console.app import Console, application
from openline.console.link import Link
from tests.console.accounts_kit import ORIGIN, Clock, opened
from tests.console.authenticator import Authenticator


class Desk(TestClient):
    """One browser. `officer`, `passkey`: who sits at it, once enrolled."""

    officer: str
    passkey: Authenticator

    def post(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["headers"] = {"origin": ORIGIN, **kwargs.get("headers", {})}
        return super().post(url, *args, **kwargs)

    def enrol(self, code: str, name: str, **how: Any) -> Any:
        """Type a code and make a passkey; the console's last answer."""
        self.passkey = Authenticator(ORIGIN, name, **how)
        self.get("/enrol")
        told = self.post("/enrol/ask", data={"code": code})
        if told.status_code != 200:
            return told
        made = self.passkey.create(json.dumps(told.json()["creation"]))
        return self.post("/enrol", data={"code": code, "label": name, "made": made})

    def sign_in(self, passkey: Authenticator | None = None) -> Any:
        """Sign in with a passkey; the console's last answer."""
        self.get("/sign-in")
        told = self.post("/sign-in/ask").json()
        return self.post("/sign-in", data={"answer": (passkey or self.passkey).get(json.dumps(told["request"]))})

    def act(self, to: str, fields: dict[str, Any], passkey: Authenticator | None = None) -> Any:
        """Have the passkey agree to an act of the settings page, and send it."""
        told = self.post("/settings/ask", data=fields).json()
        return self.post(to, data={**fields, "answer": (passkey or self.passkey).get(json.dumps(told["request"]))})


class Consoles:
    """One console, and as many browsers as a test opens."""

    def __init__(self, accounts: Accounts, console: Console, clock: Clock, first: TestClient) -> None:
        self.accounts, self.console, self.clock, self.first = accounts, console, clock, first

    def browser(self) -> Desk:
        """A browser that was never here."""
        desk = Desk(self.first.app, base_url=ORIGIN, follow_redirects=False)
        desk.portal = self.first.portal  # all of them at the one loop that the console runs on
        return desk

    def officer(self, name: str, *roles: str, **how: Any) -> Desk:
        """A browser at which an officer is signed in, enrolled by a code of the command line."""
        now = self.accounts.now()
        self.accounts.roster.set_roles(name, roles or DEFAULT_ROLES, "", now.clock_s)
        code = self.accounts.roster.make_code(name, "", now.clock_s)
        desk = self.browser()
        desk.officer = name
        assert desk.enrol(code, f"{name}'s key", **how).headers["location"] == "/sign-in?enrolled=1"
        assert desk.sign_in().headers["location"] == "/post"
        return desk


@contextmanager
def consoles(socket: Path, folder: Path) -> Iterator[Consoles]:
    """South's console over the station at `socket`; its file is in `folder`."""
    clock = Clock()
    accounts = opened(folder, clock)
    link = Link(socket)
    gate = AccountsGate(accounts, link, https=False)
    console = Console(link, gate, ORIGIN)
    gate.watcher = console.watcher
    with TestClient(application(console), base_url=ORIGIN) as first:
        yield Consoles(accounts, console, clock, first)
    accounts.close()
