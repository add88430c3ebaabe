"""The station's key file: opened, written anew, and the keys in it changed without a moment at which a crash costs them
(spec 3.7, 4.2).

Rules of this file:
1. A private half is durable before the entry that names it, and stays until the record names the next one durably: at
   every moment the file holds the key in force, whichever step a crash cut short.
2. The file is written whole under another name and renamed; it keeps the form it had: under its passphrase, or plain.
3. What was begun is taken up: a rotation that a crash cut short goes on with the keys that are in the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from openline.keys.secret import SigningKey, XwingKey
from openline.ports import Entropy
from openline.station.context import Event
from openline.station.driver import Driver
from openline.station.key_file import KeyFile
from openline.station.runner import Runner
from openline.wire.entry import Entry
from openline.wire.errors import OpenlineError


class Keeper:
    """Changes the keys of a running station. One for the life of the process; `attach` gives it each new desk."""

    def __init__(self, file: KeyFile, entropy: Entropy, say: Callable[..., None]) -> None:
        self.file = file
        self.entropy = entropy
        self.say = say
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, runner: Runner) -> None:
        """A desk came up: end what a crash cut short, and listen for what asks for another key file."""

        def told(event: Event) -> None:
            if event.what == "prekey_used":
                self._begin(self._retire(runner, event.id))
            elif event.what == "whole":
                self._begin(self._settle(runner))

        runner.listeners.append(told)
        self._begin(self._settle(runner))

    def _begin(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def rotate(self, driver: Driver) -> Entry:
        """Take a new station key and a new prekey into use; the entry that names the station key.

        Raises:
            Refused: this station is restoring.
            StorageFault: the key file or the record could not be written; do it again, it goes on from there.
        """
        async with self._one:
            await driver.ask(lambda desk, now: desk.check_appending())
            keys = self.file.keys
            if keys.next_station is None:
                keys.next_station = SigningKey.generate(self.entropy)
                keys.add_prekey(XwingKey.generate(self.entropy))
            await self.file.write(self.entropy)
            made = await driver.ask(lambda desk, now: desk.name_keys(now))
            await self._promote(driver)
            return made

    async def _settle(self, runner: Driver) -> None:
        async with self._one:
            await self._promote(runner)

    async def _promote(self, runner: Driver) -> None:
        """Forget the station key of before, once the record names the next one durably. Where the disk does not take
        that now, the next start does it."""
        ctx = runner.desk.ctx
        if not self.file.keys.settle(ctx.record.cursors[ctx.us].key):
            return
        self.say("station_key_changed")
        await self._write()

    async def _retire(self, runner: Runner, used: bytes) -> None:
        """They seal to this prekey now: destroy those before it, and what was learnt by them."""
        async with self._one:
            if self.file.keys.retire_prekeys(used) and await self._write():
                runner.post(lambda desk, now: desk.sealer.forget_before(used))

    async def _write(self) -> bool:
        try:
            await self.file.write(self.entropy)
        except OpenlineError as error:
            self.say("key_file_not_written", what=error.what, next_step=error.next_step)
            return False
        return True
