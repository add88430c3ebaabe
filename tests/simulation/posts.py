"""Two posts in this process: real runners on stores in memory, the API above them, the command line above that.

Rules of this file:
1. Nothing listens: a request goes into the application as a server would hand it over, and a bundle from one carrier
   straight to the other's station.
2. The loop runs in a thread of its own, so that a test calls what an officer calls, one after the other.
3. The clock is the machine's, and a test can set it ahead; nothing waits by it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlencode, urlsplit

import msgspec
import pytest
from click.testing import CliRunner, Result

from openline.cli import asking as askings
from openline.cli.main import cli
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, seal_key_file
from openline.keys.secret import StationKeys
from openline.ports import Now, Parcel, Told
from openline.station.api import answers
from openline.station.api import app as apis
from openline.station.api import types as t
from openline.station.api.keep import Copies
from openline.station.api.routes import ROUTES, Service
from openline.station.context import Identity
from openline.station.desk import Desk
from openline.station.keeping import Keeper
from openline.station.key_file import KeyFile
from openline.station.runner import MachineClock, Runner
from openline.store.memory import Disk, MemoryStore
from openline.wire import accord as accords
from tests.accord_maker import NAMES, Made, made

PATIENCE_S: Final = 30
WORDS: Final = "correct horse"
CHEAP: Final = Cost(8, 1, 1)  # a key file that opens at once
T = TypeVar("T")


class Clock(MachineClock):
    """The machine's, and as much ahead of it as a test says."""

    ahead_ms = 0

    def now(self) -> Now:
        now = super().now()
        return Now(now.clock_ms + self.ahead_ms, now.elapsed_ms + self.ahead_ms)


class Wire:
    """One side's end of a carrier that loses nothing, until it is cut."""

    def __init__(self) -> None:
        self.other = self
        self.told: Told | None = None
        self.whole = True
        self.loses = self.loses_pages = False

    async def run(self, told: Told) -> None:
        self.told = told
        if self.whole:
            told.up()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        self.told = None

    def send(self, parcel: Parcel) -> None:
        if self.loses or (parcel.bulk and self.loses_pages):
            return
        if self.whole and self.other.told is not None:
            self.other.told.arrived(parcel.data)

    def nudge(self) -> None:
        """It is up or cut, and never waits."""

    def figures(self) -> dict[str, int]:
        return {}

    def set_whole(self, whole: bool) -> None:
        self.whole = whole
        if self.told is not None:
            self.told.up() if whole else self.told.down("cut")


class Post:
    """One side: its station while it runs, its folder, and its officers at the command line."""

    def __init__(self, posts: Posts, side: int, folder: Path) -> None:
        self.posts = posts
        self.side = side
        self.folder = folder
        self.name = NAMES[side]
        self.disk = Disk()
        self.wire = Wire()
        self.config = folder / "station.toml"
        self.app = apis.application(ROUTES, lambda: self.service)
        self.running: asyncio.Task[None] | None = None
        self._files()

    def _files(self) -> None:
        keys, signed = self.posts.made.keys[self.side], self.posts.made.signed
        self.folder.mkdir()
        (self.folder / "accord").write_bytes(accords.encode_signed(signed))
        (self.folder / "words").write_text(WORDS)
        (self.folder / "station.toml").write_text(
            f'[station]\nside = "{self.name}"\naccord = "accord"\nkeys = "station.keys"\nsecret = "table.secret"\n'
            'store = "record.sqlite"\n[api]\nsocket = "station.sock"\n'
        )
        secrets = {f"{officer.name}.key": ("officer", officer.to_bytes()) for officer in keys.officers}
        secrets |= {f"{one.name}.key": ("principal", one.to_bytes()) for one in keys.principals.values()}
        secrets |= {"announce.key": ("announce", keys.announce.to_bytes())}
        for name, (kind, secret) in secrets.items():
            (self.folder / name).write_bytes(seal_key_file(secret, kind, WORDS, SeededEntropy(b"posts"), cost=CHEAP))

    async def start(self) -> None:
        table = self.posts.made
        keys = StationKeys.from_bytes(table.keys[self.side].station.to_bytes())
        store = MemoryStore(self.disk)
        desk = Desk(Identity(table.signed, self.side, keys, table.psk), store, SeededEntropy(bytes([self.side])))
        self.runner = Runner(desk, store, {0: self.wire}, clock=self.posts.clock)
        keeper = Keeper(KeyFile(self.folder / "station.keys", keys, None), SeededEntropy(b"keeper"), lambda event: None)
        self.service = Service(self.runner, keeper, Copies(self.folder / "record.sqlite"))
        up = asyncio.Event()
        self.runner.on_up = up.set
        self.running = asyncio.create_task(self.runner.run())
        await up.wait()

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running

    # ---- what an officer does

    def ask(self, method: str, path: str, asked: Any = None, **query: str) -> tuple[int, bytes]:
        """One request to the API: the status, and the body of the answer."""
        body = asked if isinstance(asked, bytes) else b"" if asked is None else msgspec.json.encode(asked)
        return self.posts.wait(_request(self.app, method, path + (f"?{urlencode(query)}" if query else ""), body))

    def get(self, path: str, gives: type[T], **query: str) -> T:
        status, data = self.ask("GET", path, **query)
        assert status == 200, data
        return msgspec.json.decode(data, type=gives)

    def post(self, path: str, asked: Any, gives: type[T]) -> T:
        status, data = self.ask("POST", path, asked)
        assert status == 200, data
        return msgspec.json.decode(data, type=gives)

    def fault(self, method: str, path: str, asked: Any = None, **query: str) -> t.Fault:
        """What the API says of a request that it does not grant."""
        status, data = self.ask(method, path, asked, **query)
        assert status >= 400, data
        return msgspec.json.decode(data, type=t.Fault)

    def draft(self, command: t.Command) -> t.Drafted:
        return self.post("/v1/drafts", command, t.Drafted)

    def run(self, *words: str, given: bytes | str | None = None) -> Result:
        """`openline` with these words, at this side's station; `{}` stands for its folder. Keys open by the words."""
        said = [word.replace("{}", str(self.folder)) for word in words]
        if any(word.endswith(".key") for word in said):
            said += ["--passphrase-file", str(self.folder / "words")]
        return CliRunner().invoke(cli, [*said, "--station", str(self.config)], input=given)

    def run_plain(self, *words: str) -> Result:
        """`openline` with these words, asking no station."""
        return CliRunner().invoke(cli, [word.replace("{}", str(self.folder)) for word in words])

    def facts(self, *words: str, given: bytes | str | None = None) -> Any:
        """What a verb that succeeds prints with --json."""
        result = self.run(*words, "--json", given=given)
        assert result.exit_code == 0, result.output
        return msgspec.json.decode(result.stdout)

    def key(self, officer: str) -> tuple[str, str]:
        return "--key", str(self.folder / f"{officer}.key")


class Posts:
    """Both sides, and the loop in which they run."""

    def __init__(self, folder: Path, founding: Made) -> None:
        self.made = founding
        self.clock = Clock()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.both = (Post(self, 0, folder / NAMES[0]), Post(self, 1, folder / NAMES[1]))
        self.north, self.south = self.both
        self.north.wire.other, self.south.wire.other = self.south.wire, self.north.wire

    def wait(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(PATIENCE_S)

    def start(self) -> None:
        self.thread.start()
        for post in self.both:
            self.wait(post.start())

    def stop(self) -> None:
        for post in self.both:
            self.wait(post.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_S)
        self.loop.close()

    def restart(self, post: Post) -> None:
        """Stop a station and start it again on what it has kept."""
        self.wait(post.stop())
        self.wait(post.start())

    def settle(self) -> None:
        """Until both hold the same and nothing waits."""
        self.wait(self._settled())

    async def _settled(self) -> None:
        first, second = (post.runner for post in self.both)

        def rests(desk: Desk) -> bool | None:
            waits = desk.outbox.waiting() or desk.pages.outgoing or any(x.lacking for x in desk.pages.incoming.values())
            return None if waits or not desk.inbound.heads_equal() else True

        while True:
            await first.until(rests)
            await second.until(rests)
            if first.desk.ctx.record.heads() == second.desk.ctx.record.heads():
                return
            turns = first.turns
            await first.until(lambda desk, turns=turns: True if first.turns > turns else None)  # type: ignore[misc]

    def cut(self) -> None:
        """The path between them fails both ways."""
        self._set(False)

    def mend(self) -> None:
        self._set(True)

    def _set(self, whole: bool) -> None:
        async def act() -> None:
            for post in self.both:
                post.wire.set_whole(whole)
            for post in self.both:
                await post.runner.ask(lambda desk, now: None)

        self.wait(act())

    @contextmanager
    def losing_pages(self) -> Iterator[None]:
        """Meanwhile no document's pages arrive."""
        for post in self.both:
            post.wire.loses_pages = True
        yield
        for post in self.both:
            post.wire.loses_pages = False

    @contextmanager
    def losing(self) -> Iterator[None]:
        """Meanwhile nothing arrives, and neither side knows."""
        for post in self.both:
            post.wire.loses = True
        yield
        for post in self.both:
            post.wire.loses = False

    def act(self, post: Post, doing: Callable[[], object]) -> None:
        """Have something happen at a station, in a turn of its own."""
        self.wait(post.runner.ask(lambda desk, now: doing()))

    def until(self, post: Post, holds: Callable[[], bool]) -> None:
        """Until something holds after a turn of a station."""

        async def turn(after: int) -> None:
            await post.runner.until(lambda desk: True if post.runner.turns > after else None)

        while turns := post.runner.turns:
            if holds():
                return
            self.wait(turn(turns))

    def later(self, ms: int) -> None:
        """Time passes, and both stations notice."""
        self.clock.ahead_ms += ms

        async def act() -> None:
            for post in self.both:
                await post.runner.ask(lambda desk, now: desk.tick(now))

        self.wait(act())


@contextmanager
def two_posts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, founding: Made | None = None
) -> Iterator[Posts]:
    """Both stations up and linked; the command line asks them instead of a socket."""
    posts = Posts(folder, founding or made())
    posts.start()

    def call(self: askings.Asking, method: str, path: str, body: bytes | None = None) -> bytes:
        [post] = [post for post in posts.both if post.config == Path(self.config_file)]
        status, data = posts.wait(_request(post.app, method, path, body or b""))
        if status >= 400:
            raise answers.fault(data, status)
        return data

    monkeypatch.setattr(askings.Asking, "call", call)
    try:
        posts.settle()
        yield posts
    finally:
        posts.stop()


async def _request(app: Any, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """One request as a server hands it to the application."""
    split = urlsplit(path)
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(split.path),
        "raw_path": split.path.encode(), "query_string": split.query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("", 0), "server": ("localhost", 0),
    }  # fmt: skip
    coming, going = [{"type": "http.request", "body": body, "more_body": False}], list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        going.append(message)

    await app(scope, receive, send)
    return going[0]["status"], b"".join(message.get("body", b"") for message in going[1:])
