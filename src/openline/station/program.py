"""A station from its configuration: put together, run, begun anew after a fault of its disk, stopped.

Rules of this file:
1. What is wrong with files is said before anything starts.
2. A fault of the disk while it runs ends the desk and not the process: the API says what is wrong, and the record is
   read again until it can be.
3. It stops on SIGTERM or SIGINT with every commit done; SIGKILL at any moment loses nothing that was acknowledged.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final

from openline.carriers.live import Live, address
from openline.carriers.live import Settings as LiveSettings
from openline.carriers.live_tls import client_context, server_context
from openline.keys import tls
from openline.keys.secret import RootKeys, SystemEntropy
from openline.ports import Carrier, Now, Store
from openline.station import companion, health, probes
from openline.station import config as configs
from openline.station.api import app as apis
from openline.station.api.keep import Copies
from openline.station.api.routes import ROUTES, Service
from openline.station.api.serving import serving, tcp_socket, unix_socket
from openline.station.beside import Beside
from openline.station.context import Event, Identity
from openline.station.desk import Desk
from openline.station.files import open_files
from openline.station.keeping import Keeper
from openline.station.key_file import Passphrase
from openline.station.logs import Saying
from openline.station.reading import first_line
from openline.station.runner import Runner
from openline.store import open_store
from openline.wire.accord import CarrierKind
from openline.wire.errors import Misuse, OpenlineError, OurFault, StorageFault
from openline.wire.said import say

COLLECT_AFTER: Final = (10_000, 20, 50)  # chosen: entries are not garbage; looking through them is 5 % of a message
AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
TALK_MS: Final = 3_600_000  # spec 5.6: a call that nobody ends is ended


class Program:
    """One station. `root` is at hand only where its keys were lost and it comes back (spec 5.8)."""

    def __init__(
        self, path: Path, ask: Passphrase, *, words: Path | None = None, root: RootKeys | None = None
    ) -> None:
        opened = open_files(path, ask, words)
        self.path = path.absolute()
        self.config, self.signed, self.side, self.psk = opened.config, opened.signed, opened.us, opened.psk
        self.root = root
        self.say = Saying(self.config.log)
        self.keeper = Keeper(opened.key_file, SystemEntropy(), self.say)
        beside = self.config.station.keys if "://" in self.config.station.store else self.config.station.store
        self.copies = Copies(Path(beside))
        self.fault: OpenlineError = StorageFault(
            say("this station is starting"), next_step=say("Ask again in a moment.")
        )
        self.service: Service | None = None
        self._carriers: Callable[[], dict[int, Carrier]] = self._checked_carriers()
        self._stopping = asyncio.Event()

    # ---- put together

    def _checked_carriers(self) -> Callable[[], dict[int, Carrier]]:
        """What makes this station's carriers, once their settings are known to be right."""
        numbers = {carrier.id: n for n, carrier in enumerate(self.signed.accord.carriers)}
        makers: dict[int, Callable[[], Carrier]] = {}
        for asked in self.config.carrier:
            number = numbers[asked.id]
            if self.signed.accord.carriers[number].kind is CarrierKind.LIVE:
                settings = self._live(asked)
                makers[number] = lambda settings=settings: Live(settings)  # type: ignore[misc]
            else:
                from openline.station.relaying import relay_maker  # a station without a relay never loads it

                makers[number] = relay_maker(asked, accord_id=self.signed.id, side=self.side, psk=self.psk)
        return lambda: {number: make() for number, make in makers.items()}

    def _live(self, asked: configs.Carrier) -> LiveSettings:
        if self.config.station.tls is None:
            raise Misuse(say("[station] tls is missing"), next_step=say("A live carrier needs it: openline init tls."))
        sides = self.signed.accord.sides
        peer = tls.anchor(sides[1 - self.side].root_ed25519)
        return LiveSettings(
            server_tls=server_context(self.config.station.tls, peer),
            client_tls=client_context(self.config.station.tls, peer),
            listen=asked.listen or "",
            connect=tuple(asked.connect),
            rate_bytes_s=asked.rate_bytes_s,
            revoked=frozenset(self.config.station.revoked),
        )

    # ---- run

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped.

        Raises:
            Misuse: an address or the socket cannot be had.
            StorageFault: the record cannot be opened at all.
            OurFault: a defect; the record is unharmed.
        """
        _raise_descriptors()
        gc.set_threshold(*COLLECT_AFTER)
        loop = asyncio.get_running_loop()
        loop.set_default_executor(Beside())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with AsyncExitStack() as stack:
            stack.callback(self.say.close)
            on = unix_socket(self.config.api.socket)  # before it is ours to remove: another station may serve there
            stack.callback(self.config.api.socket.unlink, missing_ok=True)
            self.copies.remove_leftovers()
            await stack.enter_async_context(serving(apis.application(ROUTES, self.found), on))
            await self._serve_tcp(stack)
            if self.config.console is not None:
                await stack.enter_async_context(companion.beside(companion.console_command(self.path), self.say))
            await self._until_stopped(ready)

    async def _serve_tcp(self, stack: AsyncExitStack) -> None:
        api, metrics = self.config.api, self.config.metrics
        if api.listen is not None and api.token_file is not None:
            guarded = apis.application(ROUTES, self.found, token=first_line(api.token_file))
            await stack.enter_async_context(serving(guarded, tcp_socket(*address(api.listen))))
        if metrics.listen is not None:
            told = health.application(self.found)
            await stack.enter_async_context(serving(told, tcp_socket(*address(metrics.listen))))

    def stop(self) -> None:
        """Have it stop, as a signal does."""
        self._stopping.set()

    def found(self) -> Service:
        """The service that answers now.

        Raises:
            OpenlineError: why there is none.
        """
        if self.service is None:
            raise self.fault
        return self.service

    async def _until_stopped(self, ready: Callable[[], None]) -> None:
        """Run the desk, and again after each fault of the disk, until somebody stops the station."""
        came_up, tries = False, 0

        def up() -> None:
            nonlocal came_up, tries
            if not came_up:
                ready()
            came_up, tries = True, 0

        while not self._stopping.is_set():
            try:
                await self._once(up)
            except StorageFault as fault:
                if not came_up:
                    raise
                self.fault = fault
                self.say("storage_fault", what=fault.what, next_step=fault.next_step)
            except OurFault as fault:
                self.say("our_fault", what=fault.what)
                raise
            if not self._stopping.is_set():
                delay_s, tries = AGAIN_S[min(tries, len(AGAIN_S) - 1)], tries + 1
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay_s):
                        await self._stopping.wait()

    async def _once(self, up: Callable[[], None]) -> None:
        """The station from reading its store to its end: stopped, or a fault."""
        store = await self._opened()
        if store is None:
            return
        try:
            runner = self._runner(store)
            service = Service(runner, self.keeper, self.copies, self.config, str(self.path))
            running = asyncio.create_task(runner.run(start=self._start))
            stopping = asyncio.create_task(self._stopping.wait())
            runner.on_up = lambda: self._came_up(runner, service, up)
            try:
                await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.service = None
                self.fault = StorageFault(say("this station is stopping"), next_step=say("Ask again when it is up."))
                running.cancel()
                stopping.cancel()
                with suppress(asyncio.CancelledError):
                    await running
        finally:
            store.close()

    async def _opened(self) -> Store | None:
        """The store; None when the station is to stop before it is open.

        It is opened beside the loop: a database server that does not answer, or that still holds the lock of one who
        died, keeps nobody from being told so.

        Raises:
            StorageFault: it cannot be opened.
        """
        opening = asyncio.ensure_future(asyncio.to_thread(open_store, self.config.station.store, must_exist=True))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return await opening if opening.done() else None

    def _came_up(self, runner: Runner, service: Service, up: Callable[[], None]) -> None:
        self.service = service
        gc.collect()
        gc.freeze()  # the record that was loaded stays for good: the collector need not look it through again
        self.keeper.attach(runner)
        runner.listeners.append(self._forget_root)
        count = runner.desk.ctx.record.count
        self.say("up", side=self.config.station.side, accord=self.signed.accord.name, entries=count)
        up()

    def _forget_root(self, event: Event) -> None:
        """The root's keys have done what they were at hand for."""
        if event.what == "whole":
            self.root = None

    def _runner(self, store: Store) -> Runner:
        identity = Identity(self.signed, self.side, self.keeper.file.keys, self.psk)
        desk = Desk(identity, store, SystemEntropy(), talk_ms=TALK_MS)
        targets = self.config.probes.targets
        probe = (lambda: probes.any_answers(targets)) if targets else None
        return Runner(desk, store, self._carriers(), probe=probe, log=self.say)

    def _start(self, desk: Desk, now: Now) -> None:
        desk.start(now, root=self.root)


def _raise_descriptors() -> None:
    """As many open files as the system lets us have: connections of strangers must not take those of the store."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
