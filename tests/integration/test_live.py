"""The live carrier: two ends in one loop, over real TLS on the loopback (spec 5.9)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.http11 import Request, Response

from openline.carriers.live import PENDING_MAX, PIECE, SUBPROTOCOL, WHOLE, Live, Settings
from openline.carriers.live_tls import client_context, server_context
from openline.keys import tls
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import RootKeys
from openline.ports import Parcel
from openline.wire.limits import BUNDLE_BYTES_MAX
from tests.integration.pairs import free_port

PATIENCE_S = 30
LOOK_AGAIN_S = 0.02


class Ear:
    """A station's side of a carrier: what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.lacks = ""
        self.bundles: list[bytes] = []
        self.hold: asyncio.Event | None = None
        self.changed = asyncio.Event()

    def up(self) -> None:
        self._note("up")

    def down(self, why: str) -> None:
        self._note(f"down: {why}")

    def arrived(self, bundle: bytes) -> Awaitable[None]:
        self.bundles.append(bundle)
        self.changed.set()
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.hold is None:
            taken.set_result(None)
        return taken

    def word(self, in_touch: bool, attached: bool | None) -> None:
        raise AssertionError("a live carrier has no word of a relay")

    def kept(self, ticket: object) -> None:
        raise AssertionError("a live carrier keeps nothing")

    def lacking(self, why: str) -> None:
        self.lacks = why
        self.changed.set()

    def trouble(self, what: str) -> None:
        self._note(f"trouble: {what}")

    def _note(self, what: str) -> None:
        self.told.append(what)
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.changed.clear()
                with suppress(TimeoutError):  # some conditions are not told
                    await asyncio.wait_for(self.changed.wait(), LOOK_AGAIN_S)


class Ends:
    """Two carriers and what they told; `south` listens, `north` dials."""

    def __init__(self, folder: Path, rate: int = 0) -> None:
        entropy = SeededEntropy(b"live")
        self.roots = [RootKeys.generate(entropy) for _ in range(3)]
        self.files = []
        for number, root in enumerate(self.roots):
            (folder / f"{number}.tls").write_bytes(tls.issue(root, entropy))
            self.files.append(folder / f"{number}.tls")
        self.port = free_port()
        self.ears = [Ear(), Ear()]
        self.north = self.end(0, 1, connect=(f"127.0.0.1:{self.port}",), rate_bytes_s=rate)
        self.south = self.end(1, 0, listen=f"127.0.0.1:{self.port}", rate_bytes_s=rate)

    def end(self, own: int, peer: int, **settings: Any) -> Live:
        anchor = tls.anchor(self.roots[peer].ed25519.public)
        contexts = server_context(self.files[own], anchor), client_context(self.files[own], anchor)
        return Live(Settings(server_tls=contexts[0], client_tls=contexts[1], **settings))

    def client(self, own: int, peer: int) -> ssl.SSLContext:
        return client_context(self.files[own], tls.anchor(self.roots[peer].ed25519.public))

    async def both(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run both ends while `act` runs."""
        ends = [
            asyncio.create_task(self.north.run(self.ears[0])),
            asyncio.create_task(self.south.run(self.ears[1])),
        ]
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.ears[0].until(lambda: "up" in self.ears[0].told)
                await self.ears[1].until(lambda: "up" in self.ears[1].told)
                await act()
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


def test_bundles_go_both_ways_in_order(ends):
    """What either hands over arrives at the other, whole and in order."""

    async def act() -> None:
        sent = [bytes([n]) * (n + 1) for n in range(200)]
        for data in sent:
            ends.north.send(Parcel(data))
            ends.south.send(Parcel(data[::-1]))
        for ear in ends.ears:
            await ear.until(lambda ear=ear: len(ear.bundles) == len(sent))
            assert ear.bundles == sent

    asyncio.run(ends.both(act))


def test_the_largest_bundle_passes(ends):
    """A bundle of the limit goes whole, and as bulk in pieces."""

    async def act() -> None:
        for bulk in (False, True):
            ends.north.send(Parcel(bytes(BUNDLE_BYTES_MAX), bulk=bulk))
        await ends.ears[1].until(lambda: len(ends.ears[1].bundles) == 2)
        assert [len(bundle) for bundle in ends.ears[1].bundles] == [BUNDLE_BYTES_MAX] * 2

    asyncio.run(ends.both(act))


def test_a_message_overtakes_a_part(tmp_path):
    """On a thin line what is handed over while a part is on its way arrives before it."""
    ends = Ends(tmp_path, rate=9_000)

    async def act() -> None:
        ends.north.send(Parcel(bytes(9_000), bulk=True))
        await ends.ears[1].until(lambda: bool(ends.south.paths[0].bulk))
        ends.north.send(Parcel(b"a word"))
        await ends.ears[1].until(lambda: len(ends.ears[1].bundles) == 2)
        assert ends.ears[1].bundles[0] == b"a word"

    asyncio.run(ends.both(act))


def test_a_thin_line_is_fed_no_faster_than_it_runs(tmp_path):
    """300 byte/s: what is sent takes the time that the line takes, and its sign of life is not lost for it."""
    ends = Ends(tmp_path, rate=300)

    async def act() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends.north.send(Parcel(bytes(900)))
        await ends.ears[1].until(lambda: bool(ends.ears[1].bundles))
        assert loop.time() - began >= 2
        assert ends.ears[0].told == ["up"]

    asyncio.run(ends.both(act))


def test_a_broken_connection_is_told_and_made_again(ends):
    """The listening end goes and comes back on the same port: down, then up, without help."""

    async def act() -> None:
        ends.south.paths[0].connection.transport.abort()
        await ends.ears[0].until(lambda: ends.ears[0].told.count("up") == 2)
        assert ends.ears[0].told[1].startswith("down")
        ends.north.send(Parcel(b"again"))
        await ends.ears[1].until(lambda: b"again" in ends.ears[1].bundles)

    asyncio.run(ends.both(act))


def test_what_is_handed_over_without_a_path_is_dropped(ends):
    """Nothing is kept for later: the record sends it again."""
    ends.north.send(Parcel(b"lost"))

    assert ends.north.figures()["dropped"] == 1


def test_a_strangers_certificate_is_refused_both_ways(ends):
    """Whoever shows another root's certificate gets no connection, and who dials one is told so."""

    async def act() -> None:
        stranger = ends.client(2, 1)
        with pytest.raises((OSError, ConnectionClosed, InvalidHandshake)):
            async with connect(
                f"wss://127.0.0.1:{ends.port}/", ssl=stranger, proxy=None, subprotocols=[SUBPROTOCOL]
            ) as connection:
                await connection.recv()
        ear = Ear()
        wrong = asyncio.create_task(ends.end(0, 2, connect=(f"127.0.0.1:{ends.port}",)).run(ear))
        await ear.until(lambda: any(each.startswith("trouble") for each in ear.told))
        wrong.cancel()
        await asyncio.gather(wrong, return_exceptions=True)
        await ear.until(lambda: "certificate is not of the other side's root" in ear.lacks)
        assert "up" not in ear.told

    asyncio.run(ends.both(act))


def test_a_revoked_certificate_is_taken_no_more(ends, tmp_path):
    """Whoever shows it stands nowhere, whichever side dialled, and that is said once; the new one of the same root gets
    in, told to nobody."""
    old = [tls.digest(file.read_bytes()) for file in ends.files[:2]]
    ends.south = ends.end(1, 0, listen=f"127.0.0.1:{ends.port}", revoked=frozenset({old[0]}))

    async def refused(ear: Ear, *running: Live) -> None:
        """Run these until it was told; nothing came up."""
        tasks = [asyncio.create_task(each.run(ears)) for each, ears in zip(running, (Ear(), ear), strict=False)]
        async with asyncio.timeout(PATIENCE_S):
            await ear.until(lambda: any("taken no more" in each for each in ear.told))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert "up" not in ear.told

    async def act() -> None:
        await refused(ends.ears[1], ends.north, ends.south)
        dialling = ends.end(0, 1, connect=(f"127.0.0.1:{ends.port}",), revoked=frozenset({old[1]}))
        listening = ends.end(1, 0, listen=f"127.0.0.1:{ends.port}")
        await refused(ends.ears[0], listening, dialling)

    asyncio.run(act())
    assert sum("taken no more" in each for each in ends.ears[1].told) == 1
    ends.files[0] = tmp_path / "renewed.tls"
    ends.files[0].write_bytes(tls.issue(ends.roots[0], SeededEntropy(b"renewed")))
    ends.ears = [Ear(), Ear()]
    ends.north = ends.end(0, 1, connect=(f"127.0.0.1:{ends.port}",))
    asyncio.run(ends.both(nothing))


async def nothing() -> None:
    """Both ends came up, and that was all."""


def test_whose_certificate_the_other_side_refuses_is_told(ends):
    """The refusal comes after our end of the handshake, as a connection that ends without a word."""

    async def act() -> None:
        ear = Ear()
        refused = asyncio.create_task(ends.end(2, 1, connect=(f"127.0.0.1:{ends.port}",)).run(ear))
        await ear.until(lambda: any("may not take our certificate" in each for each in ear.told))
        refused.cancel()
        await asyncio.gather(refused, return_exceptions=True)
        assert "up" not in ear.told

    asyncio.run(ends.both(act))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("text", id="text"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\x09abc", id="unknown-kind"),
        pytest.param(bytes((WHOLE,)) + bytes(BUNDLE_BYTES_MAX + 1), id="too-long"),
    ],
)
def test_a_peer_that_breaks_the_rules_is_cut_off(ends, frame):
    """A frame of no known kind, text, or more than a bundle ends that connection, and nothing arrives of it."""

    async def act() -> None:
        async with connect(
            f"wss://127.0.0.1:{ends.port}/", ssl=ends.client(0, 1), proxy=None, subprotocols=[SUBPROTOCOL]
        ) as connection:
            await connection.send(frame)
            with pytest.raises(ConnectionClosed):
                await connection.recv()
        assert ends.ears[1].bundles == []

    asyncio.run(ends.both(act))


def test_what_a_peer_sends_in_fragments_keeps_its_place(ends):
    """Bundles in whole frames, and one in fragments between them, arrive in the order in which they were sent."""

    async def act() -> None:
        async with connect(
            f"wss://127.0.0.1:{ends.port}/", ssl=ends.client(0, 1), proxy=None, subprotocols=[SUBPROTOCOL]
        ) as connection:
            frames: list[Any] = [b"\0one", [b"\0tw", b"o"], b"\0three", [b"\0", b"fo", b"ur"], b"\0five", b"\0six"]
            for _ in range(20):
                for frame in frames:
                    await connection.send(frame)
            await ends.ears[1].until(lambda: len(ends.ears[1].bundles) == 20 * len(frames))
        assert ends.ears[1].bundles == [b"one", b"two", b"three", b"four", b"five", b"six"] * 20

    asyncio.run(ends.both(act))


def test_pieces_without_end_are_cut_off(ends):
    """A gigabyte in pieces is refused at the first byte past a bundle; memory holds no more than that."""

    async def act() -> None:
        async with connect(
            f"wss://127.0.0.1:{ends.port}/", ssl=ends.client(0, 1), proxy=None, subprotocols=[SUBPROTOCOL]
        ) as connection:
            with pytest.raises(ConnectionClosed):
                await a_gigabyte(connection)
        assert ends.ears[1].bundles == []

    async def a_gigabyte(connection: ClientConnection) -> None:
        for _ in range(1024):
            await connection.send(bytes((PIECE,)) + bytes(1024 * 1024 - 1))

    asyncio.run(ends.both(act))


def test_a_flood_waits_for_the_station(ends):
    """A peer that sends faster than the station takes in is held back: few bundles stand unfinished."""

    async def act() -> None:
        ends.ears[1].hold = asyncio.Event()
        for number in range(4 * PENDING_MAX):
            ends.north.send(Parcel(number.to_bytes(2, "big") * 8_000))
        await ends.ears[1].until(lambda: len(ends.ears[1].bundles) >= PENDING_MAX)
        ends.north.send(Parcel(b"", key="marker"))
        await ends.ears[0].until(lambda: True)
        assert len(ends.ears[1].bundles) == PENDING_MAX

    asyncio.run(ends.both(act))


def test_the_newest_connection_sends(ends):
    """When the other side comes by another connection, that one is used, and the path is told anew."""

    async def act() -> None:
        second, ear = ends.end(0, 1, connect=(f"127.0.0.1:{ends.port}",)), Ear()
        running = asyncio.create_task(second.run(ear))
        await ear.until(lambda: "up" in ear.told)
        await ends.ears[1].until(lambda: ends.ears[1].told.count("up") == 2)
        ends.south.send(Parcel(b"to the newest"))
        await ear.until(lambda: ear.bundles == [b"to the newest"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await ends.ears[1].until(lambda: ends.ears[1].told.count("up") == 3)
        ends.south.send(Parcel(b"to the first"))
        await ends.ears[0].until(lambda: ends.ears[0].bundles == [b"to the first"])

    asyncio.run(ends.both(act))


class StoppingEar(Ear):
    """A station that is told to stop at the moment at which its path goes."""

    running: asyncio.Task[None] | None = None

    def down(self, why: str) -> None:
        super().down(why)
        if self.running is not None:
            self.running.cancel()


def test_a_stop_at_the_moment_the_other_side_goes_is_a_stop(ends):
    """Both stations are stopped at once, as when a machine goes down: neither goes on dialling."""

    async def act() -> None:
        ear = StoppingEar()
        async with asyncio.timeout(PATIENCE_S):
            south = asyncio.create_task(ends.south.run(ends.ears[1]))
            ear.running = asyncio.create_task(ends.north.run(ear))
            await ear.until(lambda: "up" in ear.told)
            south.cancel()
            await asyncio.wait({south, ear.running})
        assert ear.running.cancelled()

    asyncio.run(act())


def test_a_stop_at_the_moment_of_a_nudge_is_a_stop(ends):
    """A station that waits for its next attempt is woken and stopped at once: it stops."""

    async def act() -> None:
        async with asyncio.timeout(PATIENCE_S):
            north = asyncio.create_task(ends.north.run(Ear()))  # nobody listens: it waits between two attempts
            waits = ends.north._nudged
            while not waits._waiters:
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=LOOK_AGAIN_S)
            ends.north.nudge()
            north.cancel()
            await asyncio.wait({north})
        assert north.cancelled()

    asyncio.run(act())


def test_a_redirection_is_followed_nowhere(ends):
    """The other side cannot make our station dial an address of its choice."""

    async def act() -> None:
        came: list[str] = []
        lured = asyncio.Event()

        async def never(connection: ServerConnection) -> None:
            raise AssertionError("nothing is served here")

        async def elsewhere(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append("elsewhere")
            writer.close()

        async with await asyncio.start_server(elsewhere, "127.0.0.1", 0) as other:
            port = other.sockets[0].getsockname()[1]

            def redirect(connection: ServerConnection, request: Request) -> Response:
                if came:
                    lured.set()
                came.append("asked")
                answer = connection.respond(302, "over there")
                answer.headers["Location"] = f"wss://127.0.0.1:{port}/"
                return answer

            context = server_context(ends.files[1], tls.anchor(ends.roots[0].ed25519.public))
            async with serve(never, "127.0.0.1", ends.port, ssl=context, process_request=redirect):
                north = asyncio.create_task(ends.north.run(Ear()))
                async with asyncio.timeout(PATIENCE_S):
                    await lured.wait()  # it asked, was sent elsewhere, and asked here again
                north.cancel()
                await asyncio.wait({north})
        assert set(came) == {"asked"}

    asyncio.run(act())
