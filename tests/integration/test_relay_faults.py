"""The relay carrier when things go wrong: a killed server, a deaf one, one that forbids, strangers in the mailbox
(spec 5.4)."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest

from openline.carriers.mailbox import Limits, stream_config
from openline.carriers.nats_link import Login
from openline.carriers.relay import RelayCarrier, RelaySettings
from tests.integration.nats_server import SLACK_S, NatsServer, free_port, until
from tests.integration.relay_side import BOX_A, BOX_B, Side, sides
from tests.integration.test_relay import bundles, in_order


def test_what_was_kept_survives_a_killed_server(server):
    """SIGKILL while bundles stream in: what was told as kept comes after the restart, in order, and the carrier is
    back by itself."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        waiting = bundles(3000)
        async with sides(a):
            for _ in range(3):
                await until(lambda: a.is_up, within_s=15)
                for bundle in waiting[:1000]:
                    a.send(bundle)
                del waiting[:1000]
                enough = a.figure("kept") + random.randint(10, 900)
                await until(lambda enough=enough: a.figure("kept") >= enough)
                server.kill()
                await until(lambda: not a.is_up, within_s=3 + SLACK_S)
                assert a.words[-1] == (False, None)
                await server.start()
            await until(lambda: a.is_up, within_s=15)
            async with sides(b):
                await until(lambda: set(a.tickets) <= set(b.finished))
                assert in_order(b.finished)
                assert len(set(b.finished)) > 30

    asyncio.run(story())


def test_a_relay_that_never_answered_says_why(server):
    """A station that has had no path yet shows the reason, and not that nothing was tried."""

    async def story() -> None:
        a = Side(server.url)
        async with sides(a):
            await until(lambda: len(a.lacks) > 1)
        assert "Connect call failed" in a.lacks[0]
        assert not a.downs

    asyncio.run(story())


def test_mail_in_hand_when_the_server_dies_comes_again_and_harms_nothing(server):
    """Acknowledgements are lost with the server: what comes again comes in order."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            b.gate.clear()
            for bundle in bundles(100):
                a.send(bundle)
            await until(lambda: a.figure("kept") == 100 and bool(b.came))
            server.kill()
            await until(lambda: not b.is_up)
            b.gate.set()
            await server.start()
            await until(lambda: set(b.finished) == set(bundles(100)), within_s=20)
            assert in_order(b.finished)

    asyncio.run(story())


def test_a_server_that_says_nothing_more_is_given_up_within_three_seconds(server):
    """Frozen, not gone: the connection stands and is dead, and is said to be down."""

    async def story() -> None:
        await server.start()
        a = Side(server.url)
        async with sides(a):
            await until(lambda: a.is_up)
            server.freeze()
            await until(lambda: not a.is_up, within_s=3 + SLACK_S)
            assert "has not answered" in a.downs[0]

    asyncio.run(story())


def test_a_stranger_in_the_mailbox_is_handed_over_and_refused_without_a_loop(server):
    """Garbage, empty, too large and with hostile headers: each is dealt with once, and ours come after it."""

    async def story() -> None:
        await server.start()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a):
            await until(lambda: a.is_up)
            third = await server.client()
            keep = f"openline.{BOX_B}.keep"
            assert json.loads((await third.request(keep, b"garbage", timeout=5)).data)["seq"] == 1
            await third.request(keep, b"", timeout=5)
            hostile = b"NATS/1.0 \xff\xfe\r\nNats-Msg-Id\xff: \x00\r\n\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b'CONNECT {"headers":true,"verbose":false}\r\n')
            for header in (hostile, b"NATS/1.0 503\r\n\r\n", b"NATS/1.0\r\n\r\n"):
                sizes = b"%d %d" % (len(header), len(header) + 4)
                writer.write(b"HPUB " + keep.encode() + b" " + sizes + b"\r\n" + header + b"body\r\n")
            writer.write(b"PING\r\n")
            await reader.readuntil(b"PONG\r\n")
            writer.close()
            await third.close()
            a.send(b"ours")
            await until(lambda: a.tickets == [b"ours"])
            async with sides(b):
                await until(lambda: b.came == [b"garbage", b"", b"body", b"body", b"body", b"ours"])
            async with sides(b):  # all were acknowledged: none comes again
                a.send(b"more")
                await until(lambda: b.came[6:] == [b"more"])

    asyncio.run(story())


def test_messages_that_are_too_large_for_bundles_do_not_block_the_mailbox(tmp_path: Path):
    """An operator's mailbox without a limit for messages, and somebody who puts 3 MiB into it."""

    async def story(server: NatsServer) -> None:
        await server.start()
        third = await server.client()
        config = {**stream_config(BOX_B, Limits()), "max_msg_size": -1}
        await third.request(f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode(), timeout=5)
        await third.request(f"openline.{BOX_B}.keep", bytes(3 * 2**20), timeout=5)
        await third.publish(f"openline.{BOX_B}.now", bytes(3 * 2**20))
        await third.close()
        a, b = Side(server.url), Side(server.url, second=True)
        async with sides(a, b):
            await until(lambda: a.sees(True))
            a.send(b"ours")
            await until(lambda: b.came == [b"ours"])
            assert [x for x in b.troubles if "too large" in x]
            assert b.figure("connections") == 1

    one = NatsServer(tmp_path, "max_payload: 4MB")
    try:
        asyncio.run(story(one))
    finally:
        one.stop()


FORBIDDING = """
authorization {{
  users: [
    {{ user: a, password: pa, permissions: {{ publish: {{ deny: {denied} }} }} }}
    {{ user: b, password: pb }}
  ]
}}
"""


def test_a_way_that_is_closed_in_one_direction_is_said_and_the_other_works(tmp_path: Path):
    """The server forbids one side to put entries into the other's mailbox: said once, and mail the other way passes."""

    async def story(server: NatsServer) -> None:
        await server.start()
        a = Side(server.url, login=Login(user="a", password="pa"))
        b = Side(server.url, second=True, login=Login(user="b", password="pb"))
        async with sides(a, b):
            await until(lambda: a.sees(True) and b.sees(True))
            a.send(b"closed")
            a.send(b"closed too")
            b.send(b"open")
            a.send(b"pulse", stored=False)
            await until(lambda: a.finished == [b"open"] and b.finished == [b"pulse"])
            await until(lambda: bool(a.troubles))
            assert len(a.troubles) == 1
            assert "to put entries into the other side's mailbox" in a.troubles[0]
            assert a.tickets == []

    one = NatsServer(tmp_path, FORBIDDING.format(denied=f'["openline.{BOX_B}.keep"]'))
    try:
        asyncio.run(story(one))
    finally:
        one.stop()


def test_where_we_may_not_create_mailboxes_the_operator_is_told_what_to_create(tmp_path: Path):
    """The carrier is not up, says exactly which stream is lacking, and comes up when the operator has made it."""

    async def story(server: NatsServer) -> None:
        await server.start()
        a = Side(server.url, login=Login(user="a", password="pa"), retry_max_s=0.5)
        async with sides(a):
            await until(lambda: any("Let the operator create this stream" in x for x in a.troubles))
            assert not a.is_up
            operator = await server.client(user="b", password="pb")
            for box in (BOX_A, BOX_B):
                config = stream_config(box, Limits())
                await operator.request(
                    f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode(), timeout=5
                )
            await operator.close()
            await until(lambda: a.is_up)

    one = NatsServer(tmp_path, FORBIDDING.format(denied='["$JS.API.STREAM.CREATE.>"]'))
    try:
        asyncio.run(story(one))
    finally:
        one.stop()


def test_a_stream_that_is_no_mailbox_is_not_used(server):
    """One that keeps what was acknowledged would hand over everything again at each attachment: refused, and said."""

    async def story() -> None:
        await server.start()
        third = await server.client()
        config = {**stream_config(BOX_A, Limits()), "retention": "limits"}
        await third.request(f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode(), timeout=5)
        await third.close()
        a = Side(server.url)
        async with sides(a):
            await until(lambda: any("is no mailbox" in x for x in a.troubles))
            assert not a.is_up

    asyncio.run(story())


def test_a_server_without_jetstream_is_no_relay(tmp_path: Path):
    """It could pass on but keeps nothing: not up, and said with what to do."""

    async def story(server: NatsServer) -> None:
        await server.start()
        a = Side(server.url)
        async with sides(a):
            await until(lambda: any("no JetStream" in x and "store_dir" in x for x in a.troubles))
            assert not a.is_up

    one = NatsServer(tmp_path, jetstream=False)
    try:
        asyncio.run(story(one))
    finally:
        one.stop()


def test_a_wrong_password_is_said(tmp_path: Path):
    """The server's own word, without the password in it."""

    async def story(server: NatsServer) -> None:
        await server.start()
        a = Side(server.url, login=Login(user="a", password="wrong-word"))
        async with sides(a):
            await until(lambda: any("Authorization Violation" in x for x in a.troubles))
            assert not any("wrong-word" in x for x in a.troubles)

    one = NatsServer(tmp_path, FORBIDDING.format(denied="[]"))
    try:
        asyncio.run(story(one))
    finally:
        one.stop()


@pytest.mark.slow
def test_attempts_go_on_for_ever_and_at_most_five_seconds_apart(server):
    """Nobody there for long; then a server, and the carrier is up by itself."""

    async def story() -> None:
        a = Side(server.url)
        async with sides(a):
            await until(lambda: bool(a.troubles))
            assert len(a.troubles) == 1
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=6)
            await server.start()
            await until(lambda: a.is_up, within_s=5 + SLACK_S)
            assert len(a.troubles) == 1

    asyncio.run(story())


def test_the_next_address_is_tried_when_one_does_not_answer(server):
    """A relay of several servers: the carrier goes on to the next, and is up."""

    async def story() -> None:
        await server.start()
        urls = (f"nats://127.0.0.1:{free_port()}", server.url)
        a = Side(server.url)
        a.carrier = RelayCarrier(RelaySettings(urls=urls), ours=BOX_A, theirs=BOX_B)
        async with sides(a):
            await until(lambda: a.is_up, within_s=5)

    asyncio.run(story())


def test_a_sign_of_life_by_another_way_ends_the_wait(server):
    """Nudged, the carrier tries at once and not when its wait is over."""

    async def story() -> None:
        a = Side(server.url, retry_max_s=600)
        async with sides(a):
            for _ in range(14):  # the waits grow: soon none would end within this test
                a.carrier.nudge()
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.15)
            await server.start()
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.2)
            a.carrier.nudge()
            await until(lambda: a.is_up, within_s=20)  # the wait that it ends is of 50 s at least

    asyncio.run(story())
