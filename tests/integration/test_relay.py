"""The relay carrier against a real nats-server: keeping, handing over, passing on, attachment (spec 5.4)."""

from __future__ import annotations

import asyncio

import pytest

from openline.carriers.mailbox import IN_FLIGHT_MAX, Limits
from tests.integration.cable import Cable
from tests.integration.nats_server import SLACK_S, until
from tests.integration.relay_side import BOX_A, BOX_B, Side, sides


def bundles(count: int, size: int = 300) -> list[bytes]:
    return [number.to_bytes(4, "big") + bytes(size - 4) for number in range(count)]


def in_order(came: list[bytes]) -> bool:
    """Whether what came, each at its first coming, is in the order in which it was sent."""
    first = list(dict.fromkeys(came))
    return first == sorted(first)


def test_what_was_sent_while_the_other_was_away_is_handed_over_in_order(server):
    """Entries wait at the relay, are confirmed as kept, and come in order when the other side attaches."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a):
            await until(lambda: a.is_up)
            assert a.sees(False)
            for bundle in bundles(200):
                a.send(bundle)
            await until(lambda: len(a.tickets) == 200)
            assert a.tickets == bundles(200)
        async with sides(b):
            await until(lambda: len(b.finished) == 200)
            assert b.came == bundles(200)

    asyncio.run(story())


def test_an_attached_side_gets_entries_and_pulses_at_once_and_nothing_is_told_as_kept(server):
    """While both are attached all passes at once; kept is told only of what waits for a side that is away."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(b"pulse", stored=False)
            a.send(b"entry")
            b.send(b"answer")
            await until(lambda: sorted(b.finished) == [b"entry", b"pulse"] and a.finished == [b"answer"])
            await until(lambda: a.figure("kept") == 1)
            assert a.tickets == []

    asyncio.run(story())


def test_a_pulse_for_a_side_that_is_away_is_dropped(server):
    """Pulses, signals and hints are never kept: who attaches later does not hear them."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a):
            await until(lambda: a.is_up)
            a.send(b"pulse", stored=False)
            a.send(b"entry")
            await until(lambda: a.tickets == [b"entry"])
            async with sides(b):
                await until(lambda: b.finished == [b"entry"])

    asyncio.run(story())


def test_the_relay_says_who_is_attached_at_every_change(server):
    """Attaching and leaving are told, and to each as it attaches."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a):
            await until(lambda: a.sees(False))
            async with sides(b):
                await until(lambda: a.sees(True) and b.sees(True))
            await until(lambda: a.sees(False))
            assert a.words == [(True, False), (True, True), (True, False)]

    asyncio.run(story())


def test_who_attaches_is_told_at_once(server):
    """Without waiting for the next time that the relay would be asked."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url, poll_s=600), Side(server.url, second=True, poll_s=600)
        async with sides(a):
            await until(lambda: a.sees(False))
            async with sides(b):
                await until(lambda: a.sees(True) and b.sees(True))

    asyncio.run(story())


@pytest.mark.slow
def test_a_side_whose_cable_was_pulled_is_not_taken_for_attached(server):
    """The server still has its connection; its requests for mail have expired, and the relay says so."""

    async def story() -> None:
        await server.start()
        cable = Cable(server.port)
        await cable.lay()
        a, b = Side(server.url), Side(cable.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            cable.cut()
            await until(lambda: not b.is_up, within_s=3 + SLACK_S, why="our own side notices within 3 s")
            await until(lambda: a.sees(False), within_s=10 + SLACK_S)
            cable.mend()
            await until(lambda: a.sees(True) and b.is_up, within_s=10 + SLACK_S)
        await cable.remove()

    asyncio.run(story())


def test_a_busy_side_is_attached_all_the_time(server):
    """Under load the word does not flap: nobody is taken for gone between two requests for mail."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url, poll_s=0.05), Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            for bundle in bundles(5000):
                a.send(bundle)
                if a.figure("queued") > 1000:
                    await until(lambda: a.figure("queued") < 10)
            await until(lambda: len(b.finished) == 5000, within_s=30)
            assert a.words[a.words.index((True, True)) :] == [(True, True)]

    asyncio.run(story())


def test_a_killed_station_finds_again_at_once_what_it_had_in_hand(server):
    """What was handed over and not finished comes again on the next attachment, in order, without waiting."""

    async def story() -> None:
        await server.start()
        cable = Cable(server.port)
        await cable.lay()
        a, b = Side(server.url), Side(cable.url, second=True)
        async with sides(a):
            await until(lambda: a.is_up)
            for bundle in bundles(100):
                a.send(bundle)
            await until(lambda: a.figure("kept") == 100)
            b.gate.clear()
            async with sides(b):
                await until(lambda: len(b.came) == IN_FLIGHT_MAX)
                cable.cut()  # nothing of the dying station reaches the server any more
            again = Side(server.url, second=True)
            async with sides(again):
                await until(lambda: len(again.finished) == 100, within_s=5)
                assert again.came == bundles(100)
        b.gate.set()
        await cable.remove()

    asyncio.run(story())


def test_a_slow_station_pushes_back_and_loses_nothing(server):
    """No more than the limit is ever in hand; the rest waits at the relay."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        b.gate.clear()
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            for bundle in bundles(300):
                a.send(bundle)
            await until(lambda: a.figure("kept") == 300 and len(b.came) >= IN_FLIGHT_MAX)
            assert len(b.came) == b.figure("in_flight") == IN_FLIGHT_MAX
            b.gate.set()
            await until(lambda: len(b.finished) == 300)
            assert b.came == bundles(300)

    asyncio.run(story())


def test_a_bundle_sent_twice_is_kept_once(server):
    """De-duplication by the hash of the bundle saves room; nothing depends on it."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a):
            await until(lambda: a.is_up)
            for data in (b"one", b"one", b"two"):
                a.send(data)
            await until(lambda: a.tickets == [b"one", b"two"])
            assert a.figure("duplicates") == 1
            async with sides(b):
                await until(lambda: b.finished == [b"one", b"two"])

    asyncio.run(story())


def test_a_flood_of_pulses_is_bounded_and_said(server):
    """What the station cannot look at is dropped, and counted, and said once."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        b.gate.clear()
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            for bundle in bundles(2000):
                a.send(bundle, stored=False)
            await until(lambda: b.figure("dropped") + len(b.came) == 2000)
            assert len(b.came) <= 32
            assert len(b.troubles) == 1
            b.gate.set()

    asyncio.run(story())


def test_many_accords_share_a_server(server):
    """Each pair of mailboxes is its own; nothing of one comes to another."""

    async def story() -> None:
        await server.start()
        pairs = []
        for number in range(12):
            boxes = (f"{number:032x}", f"{number + 100:032x}")
            pairs.append((Side(server.url, boxes=boxes), Side(server.url, second=True, boxes=boxes)))
        async with sides(*(side for pair in pairs for side in pair)):
            await until(lambda: all(a.sees(True) and b.sees(True) for a, b in pairs), within_s=20)
            for number, (a, b) in enumerate(pairs):
                a.send(b"from a%d" % number)
                b.send(b"from b%d" % number)
            for number, (a, b) in enumerate(pairs):
                await until(lambda a=a, b=b: bool(a.finished and b.finished))
                assert (a.finished, b.finished) == ([b"from b%d" % number], [b"from a%d" % number])

    asyncio.run(story())


def test_a_full_mailbox_is_said_and_loses_nothing_of_what_it_keeps(server):
    """What does not fit is refused and never told as kept; nothing that is kept is pushed out; then all is well again.

    Filled to the brim, nats-server 2.9 would drop the oldest for some sizes: every size here must be safe.
    """

    async def story() -> None:
        await server.start()
        for number, size in enumerate((300, 500, 1000, 1013, 2222)):
            boxes = (f"{number:032x}", f"{number + 100:032x}")
            small = Limits(mailbox_bytes=64 * 1024)
            a = Side(server.url, limits=small, boxes=boxes)
            b = Side(server.url, second=True, limits=small, boxes=boxes)
            async with sides(a):
                await until(lambda a=a: a.is_up)
                for bundle in bundles(300, size):
                    a.send(bundle)
                await until(lambda a=a: a.figure("kept") + a.figure("mailbox_refused") == 300)
                kept = list(a.tickets)
                assert 10 < len(kept) < 200
                assert ["nothing is lost" in x for x in a.troubles] == [True]
                async with sides(b):
                    await until(lambda b=b, kept=kept: len(b.finished) == len(kept))
                    assert b.finished == kept
                await until(lambda a=a: a.sees(False) and not a.carrier._outgoing.put_since_look)
                a.send(b"later")
                await until(lambda a=a, kept=kept: a.tickets == [*kept, b"later"])

    asyncio.run(story())


@pytest.mark.slow
def test_a_mailbox_that_was_deleted_is_made_again(server):
    """An operator deletes both streams under us: they are made anew, and bundles pass again."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            third = await server.client()
            for box in (BOX_A, BOX_B):
                await third.jsm().delete_stream(f"OPENLINE_{box}")
            await third.close()
            a.send(b"first")  # finds no mailbox; the record would send it again
            await until(lambda: a.figure("connections") == 2 and b.figure("connections") == 2, within_s=20)
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(b"second")
            await until(lambda: b.finished == [b"second"])

    asyncio.run(story())


def test_the_largest_bundle_passes_at_the_servers_default(server):
    """1 MiB is both the largest bundle and the server's default: it goes without an id, which would not fit. One byte
    more is dropped, and said."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        largest = bytes(1024 * 1024)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(largest)
            a.send(largest + b"x")
            a.send(b"small")
            await until(lambda: b.finished == [largest, b"small"])
            assert a.figure("dropped") == 1
            assert "max_payload" in a.troubles[0]

    asyncio.run(story())


def test_a_thin_line_is_not_taken_for_dead(server):
    """Sending at 2,000 bytes a second, three seconds' worth keeps the connection, and arrives whole and in order."""

    async def story() -> None:
        await server.start()
        a = Side(server.url, rate_bytes_s=2000, dead_after_s=0.6)
        b = Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            began = asyncio.get_running_loop().time()
            for bundle in bundles(20):
                a.send(bundle)
            await until(lambda: b.finished == bundles(20))
            assert asyncio.get_running_loop().time() - began > 2.7
            assert a.figure("connections") == 1

    asyncio.run(story())


def test_what_finds_no_room_on_its_way_is_dropped_and_counted(server):
    """Before the path is up, and beyond the queue: memory is bounded, and the record sends it again."""

    async def story() -> None:
        a = Side(server.url, rate_bytes_s=1)
        a.send(b"too early")
        assert a.figure("dropped") == 1
        await server.start()
        async with sides(a):
            await until(lambda: a.is_up)
            for bundle in bundles(100, size=200_000):
                a.send(bundle)
            assert 30 < a.figure("queued") <= 42
            assert a.figure("queued") + a.figure("dropped") == 100
            assert len(a.troubles) == 1

    asyncio.run(story())
