"""The bytes of NATS, read and written (spec 5.4.1)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openline.carriers import nats_wire
from openline.carriers.nats_wire import MESSAGE_BYTES_MAX, Info, Message, Ping, Pong, Problem, Reader
from openline.wire.errors import CarrierFault

WHOLE = (
    b'INFO {"version":"2.9.10","max_payload":1048576,"jetstream":true,"headers":true,"nonce":"abc"}\r\n'
    b"PING\r\n+OK\r\n-ERR 'Authorization Violation'\r\nPONG\r\n"
    b"MSG openline.x.now 3 5\r\nhello\r\n"
    b"MSG openline.x.now 3 reply.to 0\r\n\r\n"
    b"HMSG in.p.0 4 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
    b"HMSG keep 5 $JS.ACK.x 21 25\r\nNATS/1.0\r\nNo: 503\r\n\r\nbody\r\n"
)
EVENTS = [
    Info("2.9.10", 1048576, jetstream=True, headers=True, nonce="abc"),
    Ping(),
    Problem("Authorization Violation"),
    Pong(),
    Message(3, "openline.x.now", "", b"hello"),
    Message(3, "openline.x.now", "reply.to", b""),
    Message(4, "in.p.0", "", b"", 503),
    Message(5, "keep", "$JS.ACK.x", b"body"),
]


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_a_stream_reads_alike_however_it_is_cut(cuts):
    """The network's pieces mean nothing."""
    reader, events, places = Reader(), [], sorted({0, len(WHOLE), *cuts})
    for start, end in itertools.pairwise(places):
        events += reader.feed(WHOLE[start:end])

    assert events == EVENTS
    assert reader.empty


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_any_bytes_are_read_or_refused(pieces):
    """A reader given anything returns events or raises the carrier's fault, nothing else."""
    reader = Reader()
    for piece in pieces:
        try:
            reader.feed(piece)
        except CarrierFault:
            return


@given(st.sampled_from(WHOLE.split(b"\r\n")), st.integers(0, 80), st.binary(min_size=1, max_size=3))
def test_a_damaged_line_is_read_or_refused(line, place, put):
    """One wrong byte anywhere in a line is no crash."""
    damaged = line[:place] + put + line[place + 1 :]
    try:
        Reader().feed(damaged + b"\r\n" + bytes(40) + b"\r\n")
    except CarrierFault:
        return


def test_a_message_above_the_limit_is_passed_over_and_reported():
    """Its body is never kept, and the next message is read as if nothing had been."""
    reader, size = Reader(), MESSAGE_BYTES_MAX + 100_000
    events = reader.feed(b"MSG keep 1 $JS.ACK.x %d\r\n" % size)
    for _ in range(size // 10_000):
        events += reader.feed(bytes(10_000))
        assert len(reader._kept) <= 10_000
    events += reader.feed(bytes(size % 10_000) + b"\r\nPING\r\n")

    assert events == [Message(1, "keep", "$JS.ACK.x", b"", oversize=True), Ping()]


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"INFO []\r\n",
        b"INFO {\r\n",
        b"INFO " + b"[" * 60_000 + b"\r\n",
        b"x" * 70_000,
        b"MSG a b c\r\n",
        b"MSG a 1 99999999999999999999\r\n",
        b"MSG a 1 -5\r\n",
        b"HMSG a 1 9 5\r\n",
        b"MSG a 1 2\r\nabcd",
    ],
)
def test_what_is_not_this_protocol_is_the_carriers_fault(sent):
    """Another server, a line without end, sizes that are none."""
    with pytest.raises(CarrierFault):
        Reader().feed(sent)


def test_what_is_sent_is_what_the_protocol_says():
    """Byte for byte, with and without reply and id."""
    assert nats_wire.subscribe("a.b", 7) == b"SUB a.b 7\r\n"
    assert nats_wire.publish("a", b"xy") == b"PUB a 2\r\nxy\r\n"
    assert nats_wire.publish("a", b"xy", "r") == b"PUB a r 2\r\nxy\r\n"
    assert nats_wire.publish("a", b"xy", "r", "id") == (
        b"HPUB a r 29 31\r\nNATS/1.0\r\nNats-Msg-Id: id\r\n\r\nxy\r\n"
    )


@pytest.mark.parametrize("name", ["", "a b", "a\r\nPUB x 0", "a\tb", "é"])
def test_a_name_cannot_end_its_line(name):
    """What a server gives as a reply subject is never sent back as a command."""
    with pytest.raises(CarrierFault):
        nats_wire.publish(name or " ", b"")
