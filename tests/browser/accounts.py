"""South's station with its console as `openline up` starts it, passkeys and all; and a browser with an authenticator.

Rules of this file: the console is the station's own child; codes are made as the command line makes them; the
authenticator is the browser's own virtual one, which verifies its user without asking.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

from openline.console.accounts.roster import DEFAULT_ROLES
from openline.console.accounts.service import Accounts, open_accounts
from openline.keys.keyfile import Cost, seal_key_file
from openline.keys.secret import SystemEntropy
from openline.wire.bodies import Suspend
from tests.browser.conftest import Visit
from tests.browser.consoles import and_by_hand, healthy
from tests.browser.keyboard import hand_in, press, write
from tests.integration.pairs import Station, free_port, make_pair

PASSPHRASE = "한강 3 bridges"
CHEAP = Cost(64, 1, 1)


@dataclass
class Site:
    """South, whose suspensions two officers release. `north`: the other side, which a test starts if it needs it."""

    station: Station
    origin: str
    north: Station

    def console(self, *words: str) -> Any:
        """What `openline console …` answers."""
        verb, *rest = words
        command = [sys.executable, "-m", "openline", "console", verb, str(self.station.config), *rest, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    @contextmanager
    def accounts(self) -> Iterator[Accounts]:
        """The console's own file, beside the console."""
        opened = open_accounts(self.station.folder / "console.sqlite", self.origin, "", 3600)
        yield opened
        opened.close()

    def code(self, officer: str, *roles: str) -> str:
        """As `openline console enrol` makes one."""
        with self.accounts() as accounts:
            now_s = accounts.now().clock_s
            accounts.roster.set_roles(officer, roles or DEFAULT_ROLES, "", now_s)
            return accounts.roster.make_code(officer, "", now_s)

    @contextmanager
    def console_killed(self) -> Iterator[None]:
        """The console's process ends as by a fault; its station, held meanwhile, starts another afterwards."""
        assert self.station.process is not None
        pid = self.station.process.pid
        [console] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGSTOP)
        try:
            os.kill(int(console), signal.SIGKILL)
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def forget_everybody(self) -> None:
        """For the next test; no command does that."""
        with self.accounts() as accounts:
            for table in ("passkeys", "roles", "codes", "sessions", "resting"):
                accounts.database.change(f"DELETE FROM {table}")

    def key_file(self, officer: str, folder: Path, cost: Cost = CHEAP) -> Path:
        """An officer's key file under `PASSPHRASE`."""
        [keys] = [each for each in self.station.keys.officers if each.name == officer]
        path = folder / f"{officer}.key"
        path.write_bytes(seal_key_file(keys.to_bytes(), "officer", PASSPHRASE, SystemEntropy(), cost=cost))
        return path


def start(folder: Path) -> Site:
    """Make the station, and run it with its console."""
    pair = make_pair(folder, two_person=(Suspend.kind,), **and_by_hand())
    station = pair.south
    port = free_port()
    site = Site(station, f"http://south.localhost:{port}", pair.north)
    with station.config.open("a") as config:
        config.write(f'[console]\nlisten = "127.0.0.1:{port}"\norigin = "{site.origin}"\nstore = "console.sqlite"\n')
    station.start()
    station.wait_until(lambda: healthy(site.origin))
    return site


@contextmanager
def linked(folder: Path) -> Iterator[Site]:
    """The station with its console, and north, on a line that is through, until the end."""
    made = start(folder)
    made.north.start()
    made.station.wait_observed("through")
    yield made
    made.north.kill()
    made.station.kill()


@dataclass
class Keyring:
    """The virtual authenticators of one browser window."""

    session: CDPSession

    def plug(self) -> str:
        """Put an authenticator in; its name."""
        options = {
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        name: str = made["authenticatorId"]
        return name

    def unplug(self, name: str) -> None:
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": name})

    def swap_before_making(self, page: Page, name: str) -> None:
        """As a person does who is asked to make a passkey: take the one authenticator out and put another one in."""

        def swap() -> None:
            self.unplug(name)
            self.plug()

        page.expose_function("swap", swap)
        page.evaluate(
            """() => {
              const make = navigator.credentials.create.bind(navigator.credentials);
              navigator.credentials.create = async (options) => (await swap(), make(options));
            }"""
        )

    def verifies(self, name: str, on: bool) -> None:
        """Whether the person at it passes its check from here on."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": on})


def keyring(visit: Visit) -> Keyring:
    session = visit.context.new_cdp_session(visit.page)
    session.send("WebAuthn.enable")
    return Keyring(session)


def enrol(visit: Visit, code: str, label: str = "key ring") -> None:
    """Type a code and make a passkey, by keyboard alone."""
    page = visit.page
    page.goto("/enrol")
    write(page, page.get_by_label("Enrolment code"), code)
    write(page, page.get_by_label("Name of this passkey"), label)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?enrolled=1")


def sign_in(visit: Visit) -> None:
    page = visit.page
    page.goto("/sign-in")
    press(page, page.get_by_role("button", name="Sign in with your passkey"))
    page.wait_for_url("**/post")


def take_key(visit: Visit, file: Path, passphrase: str = PASSPHRASE) -> None:
    """Take an officer's key file into the browser, by keyboard alone."""
    page = visit.page
    if "/settings" not in page.url:
        press(page, page.get_by_role("link", name="Settings", exact=True))
    hand_in(page, page.get_by_label("Key file", exact=True), file)
    write(page, page.get_by_label("Its passphrase"), passphrase)
    page.keyboard.press("Enter")
